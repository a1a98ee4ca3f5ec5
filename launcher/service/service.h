/*
 * The service as every part of the launcher knows it: the configuration that is committed, the page
 * that all processes share, and who we are. supervisor.c fills it; config changes at a commit.
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
	uint8_t run_id[16]; /* in every state of this launcher's */
	char control_name[108]; /* abstract, of the library's socket */
	char library[512]; /* libaeterna_preload.so: the one that follows connections */
	char plain_library[512]; /* the one that does not */
	bool has_state; /* the program has hooks, as far as its file or its processes tell */
	bool stopping; /* the program is told to end, and the launcher with it */
	bool stop_at_once; /* QUIT: by KILL */
	int exit_code;
	uint64_t started_us;
};

extern struct aet_service aet_service;

#endif
