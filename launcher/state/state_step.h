/*
 * The step in hand, for the two files that work on it: state.c, which begins and ends it, and
 * state_talk.c, which answers what processes ask and takes what they tell.
 */
#ifndef AET_STATE_STEP_H
#define AET_STATE_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "state/state_set.h"

struct aet_state_step {
	struct aet_state_set *set; /* what it is about */
	uint32_t kind; /* AETERNA_STEP_*; 0: none */
	bool is_compared; /* a dry run: what is dumped says more about itself */
};

extern struct aet_state_step aet_state_now;

/* The step has failed, and with it the swap; nothing without a step. */
void aet_state_fail(const char *reason, const char *detail);

/* Of the process in that slot, or NULL. It stays the set's. */
struct aet_state_piece *aet_state_piece_of(uint32_t slot);

bool aet_state_all_done(void);

/* A process has dumped, or the end of a stream was read: seals, and tells when it was the last. */
void aet_state_on_dumped(void);

#endif
