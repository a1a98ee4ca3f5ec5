/*
 * The state of this process: who dumps and loads it, and the step of it that is in hand
 * (docs/state.md). The launcher publishes a step in the page; the process takes it at a safe point.
 */
#ifndef AET_STATE_H
#define AET_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "aeterna/module.h"

/* The program starts: one without a listener joins if it has hooks. */
void aet_state_start(void);

/* This process joined: hooks that the program exports are looked for, and told. */
void aet_state_begin(void);

/* SIGUSR2 came: the launcher is asked for a snapshot. Async-signal-safe. */
void aet_state_want_snapshot(void);

/* A step of the page that this process has to take, and has not taken yet. Async-signal-safe. */
bool aet_state_is_due(void);

/* At a safe point of the main thread, outside any handler: takes the step that is due. */
void aet_state_take(void);

/* True from the instant of the dump until the swap is decided: nobody reads or writes any more. */
extern _Atomic uint64_t aet_frozen_word; /* the page's, when the state was dumped; 0: it was not */
bool aet_state_stays_frozen(uint64_t frozen);

static inline bool aet_state_is_frozen(void)
{
	uint64_t frozen = atomic_load_explicit(&aet_frozen_word, memory_order_relaxed);

	return __builtin_expect(frozen != 0, 0) && aet_state_stays_frozen(frozen);
}

/* busy.c: what was counted before the process joined; in the child of a fork, it has not yet. */
void aet_busy_begin(void);
void aet_busy_after_fork(void);

/* A request in flight is none any more although it was not answered to its end. */
void aet_busy_lost(void);

/* The request that goes with a step; its descriptor is the caller's. -ENODATA: there is none. */
int aet_state_ask(uint32_t step, struct aeterna_request *ret_request);

/* Sleeps for a while, at most until the page's word is another than this. */
void aet_state_wait(uint64_t word);

/* The same while the state is taken: that may end under the same word, and soon. */
void aet_state_wait_frozen(void);

/* Who dumps and loads in this process; NULL: nobody. */
extern aeterna_hook *aet_dump_hook;
extern aeterna_hook *aet_load_hook;
extern aeterna_size_hook *aet_size_hook;

/* Tells the launcher what there is, and about how much: 0, nobody knows. */
void aet_state_tell(uint64_t bytes);

/* The dump and load of hooks in C. */
int aet_state_c_dump(const struct aeterna_request *request);
int aet_state_c_load(const struct aeterna_request *request);

typedef int aet_c_hook(int fd);
extern aet_c_hook *aet_c_dump;
extern aet_c_hook *aet_c_load;

#endif
