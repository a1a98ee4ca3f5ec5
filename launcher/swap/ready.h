/*
 * Is a generation ready? Answers for each value of service.ready, over all kept listeners.
 */
#ifndef AET_READY_H
#define AET_READY_H

#include <stdbool.h>
#include <stdint.h>

struct aet_generation;
struct aet_listener;

/* look_outside: also read /proc, for processes that report nothing (static programs, a datagram
 * server that waits in recv). That is slow: a timer does it. */
bool aet_ready_is(const struct aet_generation *generation, bool look_outside);

/* The generation listens on it. */
bool aet_ready_is_bound(const struct aet_listener *listener, uint32_t generation);

/* It existed before the generation, which has to bind it. */
bool aet_ready_needs(const struct aet_listener *listener, uint32_t generation);

/* The generation is given up: what it adopted belongs to the former generation again, and the
 * listeners that it brought are dropped. */
void aet_ready_forget(uint32_t generation);

#endif
