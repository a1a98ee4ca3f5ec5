/*
 * When the load client itself was kept from running: a machine that stands still, or a stop. What it
 * asked or read late for that reason is not the server's delay, so deadlines are put off by it; the
 * report says how long it was. Short delays are the measurement's noise and are left in.
 */
#ifndef AET_LOAD_HOLD_H
#define AET_LOAD_HOLD_H

#include "clock.h"

#include <stdint.h>

#define AET_HOLD_LEAST_NS (50 * AET_NS_PER_MS)

struct aet_hold {
	uint64_t seen_ns; /* the process ran, or meant to run, at this time */
	uint64_t from_ns; /* the last one */
	uint64_t to_ns;
	uint64_t total_ns;
	uint64_t longest_ns;
};

/* The process runs now; returns the time. */
static inline uint64_t aet_hold_look(struct aet_hold *hold)
{
	uint64_t now_ns = aet_clock_now();
	uint64_t late_ns = hold->seen_ns && now_ns > hold->seen_ns ? now_ns - hold->seen_ns : 0;

	if (late_ns >= AET_HOLD_LEAST_NS) {
		hold->from_ns = hold->seen_ns;
		hold->to_ns = now_ns;
		hold->total_ns += late_ns;
		if (late_ns > hold->longest_ns)
			hold->longest_ns = late_ns;
	}
	hold->seen_ns = now_ns;
	return now_ns;
}

/* It sleeps, and means to run again at that time at the latest. */
static inline void aet_hold_sleep(struct aet_hold *hold, uint64_t until_ns)
{
	hold->seen_ns = until_ns;
}

/* All of it until that time, which is past: what a deadline from there on has to leave out. */
static inline uint64_t aet_hold_until(const struct aet_hold *hold, uint64_t time_ns)
{
	if (time_ns >= hold->to_ns)
		return hold->total_ns;
	return hold->total_ns - (hold->to_ns - (time_ns > hold->from_ns ? time_ns : hold->from_ns));
}

#endif
