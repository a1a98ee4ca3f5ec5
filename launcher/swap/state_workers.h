/*
 * The crew: the processes of a generation that have state. The n-th of the old generation hands its
 * state to the n-th of the new one, in the order of their first interest, so there have to be as
 * many. Workers come one after the other: how long the next one is waited for is decided here, and
 * what one that comes too late means.
 */
#ifndef AET_STATE_WORKERS_H
#define AET_STATE_WORKERS_H

#include <stdbool.h>
#include <stdint.h>

struct aet_member;

enum aet_state_workers {
	AET_STATE_WORKERS_AWAITED, /* somebody may come still */
	AET_STATE_WORKERS_WHOLE, /* as many as the old generation has, and nobody came for a while */
	AET_STATE_WORKERS_CHANGED, /* there are more or fewer */
};

/* The candidate is ready: from here on its state workers are watched. */
void aet_state_workers_begin(void);

/* How it stands; at_once: nobody is waited for any longer. */
enum aet_state_workers aet_state_workers_check(bool at_once);

/* Sets the cause: how many there are here and there. */
void aet_state_workers_blame(void);

/* A process has reported its hooks. */
void aet_state_workers_reported(const struct aet_member *member);

/* A process that takes state has shown its first interest. True: there is no state for it, and the
 * cause is set. */
bool aet_state_workers_joined(const struct aet_member *member);

/* The generation has been given its state: whoever joins it later has none. */
void aet_state_workers_given(uint32_t generation);

#endif
