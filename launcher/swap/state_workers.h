/*
 * State workers: the processes of a generation that have state. The n-th of the old generation
 * hands its state to the n-th of the new one, in the order of their first interest, so their
 * numbers must be equal. Workers join one after the other: this file decides how long to wait for
 * the next one, and what to do with one that joins too late.
 */
#ifndef AET_STATE_WORKERS_H
#define AET_STATE_WORKERS_H

#include <stdbool.h>
#include <stdint.h>

struct aet_member;

enum aet_state_workers {
	AET_STATE_WORKERS_AWAITED, /* another one may still join */
	AET_STATE_WORKERS_WHOLE, /* as many as in the old generation, and none joined for a while */
	AET_STATE_WORKERS_CHANGED, /* there are more or fewer */
};

/* handoff.state names some, now or when the serving generation started, and no process of it has taken
 * any up. */
bool aet_state_workers_are_unclaimed(void);

/* The candidate is ready: begins to watch its state workers. */
void aet_state_workers_begin(void);

/* at_once: wait no longer. */
enum aet_state_workers aet_state_workers_check(bool at_once);

/* One that is to come may still come: however short settle_timeout is, which is for requests. */
bool aet_state_workers_are_late(void);

/* Sets the cause: both numbers, or who has no state. */
void aet_state_workers_blame(void);

/* A process has reported its state hooks. */
void aet_state_workers_reported(const struct aet_member *member);

/* A process that loads state has shown its first interest. True: there is no state for it, and the
 * cause is set. */
bool aet_state_workers_joined(const struct aet_member *member);

/* The generation has its state: processes that join it later get none. */
void aet_state_workers_given(uint32_t generation);

#endif
