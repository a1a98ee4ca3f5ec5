/*
 * Starting the program: its environment, its descriptors, its process group.
 */
#ifndef AET_SPAWN_H
#define AET_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"

#define AET_NOTIFY_NAME_MAX 100

struct aet_spawn {
	const struct aet_config *config;
	uint32_t number;
	bool follows; /* with the library that follows connections */
	bool parked; /* FD 3, 4, ... are placeholders */
	char notify_name[AET_NOTIFY_NAME_MAX]; /* "" or "@name" for NOTIFY_SOCKET */
	bool begins_session; /* out: setsid(1) does, and would fork if it led a process group */
	pid_t pid; /* out */
	int exec_fd; /* out, to close: errno if exec fails, else end of file */
};

/* 0 or -errno. */
int aet_spawn(struct aet_spawn *spawn);

/* A datagram socket under a fresh abstract name; -errno. */
int aet_spawn_notify_socket(uint32_t number, char ret_name[AET_NOTIFY_NAME_MAX]);

/* The PATH in which to look for the program. */
const char *aet_spawn_path(const struct aet_config *config);

/* The directory of the Python module's site files; false: it is not installed beside the library. */
bool aet_spawn_find_site(char *ret_path, size_t size);

#endif
