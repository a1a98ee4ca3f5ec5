/*
 * Is a generation ready? The four kinds of service.ready, over all kept listeners.
 */
#ifndef AET_READY_H
#define AET_READY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aet_generation;

/* look_outside: also look at what processes do that cannot or do not tell (static programs, a
 * datagram server that waits in recv): costs reads of /proc, so it is done by a timer. */
bool aet_ready_is(const struct aet_generation *generation, bool look_outside);

/* Why it is not: the word for status and a sentence with the address. */
const char *aet_ready_missing(
	const struct aet_generation *generation, char *ret_detail, size_t size);

/* A candidate is given up: what it adopted is free again, what it brought is dropped. */
void aet_ready_forget(uint32_t generation);

#endif
