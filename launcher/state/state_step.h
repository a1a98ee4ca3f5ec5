/*
 * The current step: which set it works on, which processes are done, and why it failed. state.c
 * begins and ends it; state_rpc.c answers the processes and takes their reports.
 */
#ifndef AET_STATE_STEP_H
#define AET_STATE_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "state/state_set.h"

struct aet_state_failure {
	const char *reason; /* a literal; NULL: it has not failed */
	char detail[192];
};

/* What a process says of a merge. */
struct aet_state_merge {
	unsigned taken;
	unsigned decided;
	unsigned set_aside;
	char text[160]; /* the last one set aside */
};

struct aet_state_step {
	struct aet_state_set *set; /* NULL before the first step */
	uint64_t step; /* as the page has it */
	uint32_t kind; /* AETERNA_STEP_*; 0: none */
	struct aet_state_merge merge; /* of the last report */
	bool goes_on; /* a snapshot: the processes go on once they are copied */
	bool is_compared; /* a dry run: the processes describe what they dump in more detail */
	bool is_merged; /* the processes answer on, and their changes follow */
	bool keeps_missing; /* a load after a crash: what finds no place is held, not refused */
	uint64_t begun_us;
	struct aet_state_failure failure;
};

extern struct aet_state_step aet_state_now;

/* Publishes a step in the page, anew even if it is the same one, and wakes the generation. Returns the
 * word in the page. */
uint64_t aet_state_publish(uint32_t kind, uint32_t generation);

/* Fails the step and posts AET_FACT_STATE_FAILED; does nothing without a step. The first failure
 * counts. */
void aet_state_fail(const char *reason, const char *detail);

/* Why the step failed, for AET_FACT_STATE_FAILED; valid until the next step begins. */
const struct aet_state_failure *aet_state_failure(void);

/* The piece of the process in that slot, or NULL. It stays the set's. */
struct aet_state_piece *aet_state_piece_of(uint32_t slot);

bool aet_state_all_done(void);

/* Every process has been copied, or is done. */
bool aet_state_all_copied(void);

/* A process has dumped, or a stream ended: seals the set after the last one and posts
 * AET_FACT_DUMPED. */
void aet_state_on_dumped(void);

#endif
