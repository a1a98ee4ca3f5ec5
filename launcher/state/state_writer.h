/*
 * Children of the launcher that write states to files, and read them: the launcher never waits for
 * a disk. Each has a copy of the descriptors that it needs and no other.
 */
#ifndef AET_STATE_WRITER_H
#define AET_STATE_WRITER_H

#include <stdbool.h>
#include <sys/types.h>

#include "state/state_disk.h"

#define AET_STATE_WRITERS 16 /* at once */

struct aet_state_set;

struct aet_state_write {
	const struct aet_state_set *set; /* may change as soon as the child runs */
	const char *path; /* of files as in state_disk.h; NULL: fd has the file */
	int fd; /* open; empty, if it is written; the caller closes it */
	bool reads; /* fills the set from fd: aet_state_file_fill() */
	const char *why; /* as in the file's header */
	const struct aet_state_disk_refused *refused; /* NULL: none */
	void (*done)(void *data, int result); /* called once: 0, or -errno */
	void *data;
};

/* 0: done will be called; or -errno, and it will not. */
int aet_state_writer_begin(const struct aet_state_write *what);

/* The launcher has waited for pid: true when that was one of these children. */
bool aet_state_writer_reaped(pid_t pid, int status);

bool aet_state_writer_is(pid_t pid);

#endif
