/*
 * What every part of the launcher knows of the service: the committed configuration, the page that
 * all processes share, the secrets and the paths. supervisor.c fills it; a commit changes config.
 */
#ifndef AET_SERVICE_H
#define AET_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "phase.h"

struct aet_service {
	struct aet_config *config; /* of the serving generation */
	struct aet_page *page;
	int page_fd;
	uint8_t token[16]; /* proves descent from the program */
	uint8_t run_id[16]; /* in the header of every state that this launcher keeps */
	char control_name[108]; /* abstract name of the library's socket */
	char library[512]; /* libaeterna_preload.so: the one that follows connections */
	char plain_library[512]; /* the one that does not */
	bool has_state; /* the program has state hooks: its file shows them, or a process reported them */
	bool stopping; /* the launcher stops the program and then itself */
	bool stop_at_once; /* SIGQUIT: with SIGKILL */
	int exit_code;
	uint64_t started_us;
};

extern struct aet_service aet_service;

#endif
