/*
 * Facts: what commands request and what processes do, on the way up to the swap. The parts below
 * post them; swap/observe.c takes them after the callback that posted them has returned, so that no
 * function runs again while it is still running.
 */
#ifndef AET_FACT_H
#define AET_FACT_H

#include <stdbool.h>
#include <stdint.h>

#define AET_FACTS_MAX 512 /* more than one round of the event loop can bring */

enum aet_fact_kind {
	AET_FACT_REQUEST, /* HUP, reload */
	AET_FACT_TRY, /* check --dry-run */
	AET_FACT_SNAPSHOT, /* USR2, snapshot; generation: of the process that wants one, or 0 */
	AET_FACT_RESTORE, /* a state is there for the next swap to load */
	AET_FACT_DUE, /* snapshot_every has passed, and no request is in flight */
	AET_FACT_STOP, /* TERM, INT, QUIT, stop */
	AET_FACT_LISTENERS, /* a process adopted a listener or uses one */
	AET_FACT_WITHDRAWN, /* no process of the generation has the listener (number) any more */
	AET_FACT_GATED, /* a process is gated for the page's word */
	AET_FACT_LEFT, /* a process (slot) left; number: its pid */
	AET_FACT_HOOKS, /* a process (slot) has hooks; number: estimated bytes, or 0 */
	AET_FACT_TAKES_STATE, /* a process (slot) takes state and has shown its first interest */
	AET_FACT_NOTIFIED, /* READY=1 */
	AET_FACT_NOT_EXECUTED, /* exec failed; number: errno */
	AET_FACT_EXITED, /* the first process ended */
	AET_FACT_GONE, /* the last process ended */
	AET_FACT_COPIED, /* a snapshot: the processes may go on, copies of them write */
	AET_FACT_DUMPED, /* the state is whole and sealed */
	AET_FACT_LOADED, /* every process has its piece */
	AET_FACT_STATE_FAILED, /* it cannot be dumped or loaded: aet_state_failure() says why */
};

struct aet_fact {
	enum aet_fact_kind kind;
	uint32_t generation;
	uint32_t slot;
	uint64_t number;
};

/* Copies the fact. Drops it with an error in the log when the queue is full. */
void aet_fact_post(const struct aet_fact *fact);

/* Takes the oldest one; false: the queue is empty. */
bool aet_fact_take(struct aet_fact *ret_fact);

#endif
