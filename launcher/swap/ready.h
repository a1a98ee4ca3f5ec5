/*
 * Is a generation ready? Answers for each value of service.ready, over all kept listeners.
 */
#ifndef AET_READY_H
#define AET_READY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aet_generation;

/* look_outside: also read /proc, for processes that report nothing (static programs, a datagram
 * server that waits in recv). That is slow: a timer does it. */
bool aet_ready_is(const struct aet_generation *generation, bool look_outside);

/* Why it is not: returns the reason's word, and a sentence in ret_detail. */
const char *aet_ready_missing(
	const struct aet_generation *generation, char *ret_detail, size_t size);

/* The generation is given up: what it adopted belongs to the former generation again, and the
 * listeners that it brought are dropped. */
void aet_ready_forget(uint32_t generation);

#endif
