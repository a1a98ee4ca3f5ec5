/*
 * Time and chance for the load client: nanoseconds of CLOCK_MONOTONIC, and a small generator whose
 * sequence depends on --seed alone, so that a run can be repeated with the same arrivals.
 */
#ifndef AET_LOAD_CLOCK_H
#define AET_LOAD_CLOCK_H

#include <stdint.h>
#include <time.h>

#define AET_NS_PER_S  1000000000ull
#define AET_NS_PER_MS 1000000ull
#define AET_NS_PER_US 1000ull

static inline uint64_t aet_clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * AET_NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* xorshift64*: uniform in [0, 1). */
static inline double aet_chance_uniform(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return (double)((*seed * 2685821657736338717ull) >> 11) / 9007199254740992.0;
}

#endif
