/*
 * The events of a swap, as the table in swap.c has them: between swap.c, which acts,
 * swap_event.c, which turns what processes do into events, and swap_record.c, which remembers.
 */
#ifndef AET_SWAP_EVENT_H
#define AET_SWAP_EVENT_H

#include <stdbool.h>
#include <stdint.h>

enum aet_swap_event {
	AET_EVENT_REQUEST, /* HUP, reload */
	AET_EVENT_READY, /* the candidate wants every listener */
	AET_EVENT_SHUT, /* every process of the serving generation is gated */
	AET_EVENT_QUIET, /* and none has a request in flight */
	AET_EVENT_DUMPED, /* its state is whole and sealed */
	AET_EVENT_LOADED, /* the candidate has it */
	AET_EVENT_STATE_FAILED, /* it cannot be dumped or loaded: the cause is set */
	AET_EVENT_CANDIDATE_LOST, /* it exited, was killed, could not be executed */
	AET_EVENT_SERVING_LOST,
	AET_EVENT_TIMEOUT,
	AET_EVENTS,
};

#define AET_SWAP_DETAIL 192

/* Why the swap in hand fails, for the action that undoes it. */
struct aet_swap_cause {
	const char *reason;
	char detail[AET_SWAP_DETAIL];
};

/* From now on the state in hand may last so long, and is looked at often. */
void aet_swap_watch(uint64_t timeout_ms);

/* Nothing is in hand any more; what was asked for meanwhile begins. */
void aet_swap_finish(void);

/* The candidate takes over as it is. */
void aet_swap_promote(void);

/* Acts on the event in the present state; nothing where the table has nothing. */
void aet_swap_happen(enum aet_swap_event event);

/* detail is copied; NULL is fine. reason is a literal. */
const struct aet_swap_cause *aet_swap_get_cause(void);
void aet_swap_set_cause(const char *reason, const char *detail);

/* How it went, for who asks for the last swap; generation: the new one's number. */
void aet_swap_record(bool committed, const char *reason, const char *detail, uint32_t generation);

#endif
