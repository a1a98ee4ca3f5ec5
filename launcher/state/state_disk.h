/*
 * The files of a service's states: PATH is the newest snapshot, PATH.1 the one before, PATH.new one
 * that is being written. A file that cannot be read is never overwritten: it is renamed to
 * PATH.refused-N first. Blocks: for a child of the launcher, and for its start.
 */
#ifndef AET_STATE_DISK_H
#define AET_STATE_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "state/state_file_read.h"

struct aet_state_set;

/* Files that were refused although their header is good: their bytes are not. */
struct aet_state_disk_refused {
	uint64_t inodes[2]; /* 0: none */
};

/*
 * Writes beside, syncs, and renames: at any moment a whole file is there, the old one or the new
 * one, and a reader finds it as PATH or PATH.1. 0; -EBUSY: another process is writing it; or another
 * -errno. PATH is as before then.
 */
int aet_state_disk_write(const char *path, const struct aet_state_set *set, const char *why,
	const struct aet_state_disk_refused *refused);

/*
 * Reads PATH, or where that is refused PATH.1: 0; -ENOENT: there is none; or another -errno. say is
 * called with each file that is refused; *ret_refused has those that aet_state_disk_write() must not
 * replace.
 */
int aet_state_disk_read(const char *path, struct aet_state_set *ret_set,
	void (*say)(const char *path, const struct aet_state_file_flaw *flaw),
	struct aet_state_disk_refused *ret_refused);

/* True when others than this user and root can put files into the directory of the path. */
bool aet_state_disk_is_open_to_others(const char *path);

#endif
