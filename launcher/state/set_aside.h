/*
 * States that are set aside: one that a version could not load or died of, or that a restore
 * replaced. Each has a name, aside-N, and waits for `restore`. Where there is a snapshot_file it is
 * in a file beside it, PATH.aside-N, and outlasts the launcher.
 */
#ifndef AET_SET_ASIDE_H
#define AET_SET_ASIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "state/state_set.h"

#define AET_SET_ASIDE_MAX 8 /* one more, and the oldest is dropped, which the log says */

struct aet_set_aside {
	char name[24];
	uint64_t bytes;
	uint64_t sealed_us; /* as aet_now_us() */
	uint64_t created_ns; /* tells whether two are the same */
	char why[160];
	bool is_on_disk; /* then the set is empty */
	struct aet_state_set set;
};

/* At the launcher's start: finds those beside the snapshot_file. */
void aet_set_aside_find(void);

/* Takes a sealed set, which is empty afterwards. why: a sentence, which the log gets, too. A state
 * that is set aside already is not set aside twice. */
void aet_set_aside_add(struct aet_state_set *set, const char *why);

/* The n-th one, the oldest first; NULL: there are not so many. */
const struct aet_set_aside *aet_set_aside_get(unsigned n);
const struct aet_set_aside *aet_set_aside_named(const char *name);

/* The path of its file; false: it has none. */
bool aet_set_aside_path(const struct aet_set_aside *aside, char *ret_path, unsigned long size);

#endif
