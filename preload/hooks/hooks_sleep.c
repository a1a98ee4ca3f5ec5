/*
 * Hooks of the sleeps, which fail with EINTR even under SA_RESTART (signal(7)): they sleep on for
 * the time that the kernel says is left.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "core/background.h"
#include "core/export.h"
#include "core/lib.h"
#include "core/park.h"
#include "core/real.h"
#include "core/signals.h"
#include "util.h"

#define SECOND    1000000000
#define CENTURY_S 3000000000ll

/* What is left of a sleep whose thread was parked so long; not less than nothing. */
static struct timespec less(const struct timespec *left, int64_t parked_ns)
{
	int64_t ns = left->tv_sec > CENTURY_S ? INT64_MAX : left->tv_sec * SECOND + left->tv_nsec;

	if (parked_ns == 0)
		return *left;
	ns = AET_MAX(ns - parked_ns, (int64_t)0);
	return (struct timespec){ns / SECOND, ns % SECOND};
}

EXPORT int clock_nanosleep(
	clockid_t clock, int flags, const struct timespec *want, struct timespec *left)
{
	struct timespec rest;
	struct timespec goal;
	int result;

	if (!aet_is_joined() || !want)
		return AET_REAL(clock_nanosleep)(clock, flags, want, left);
	goal = *want;
	if (want->tv_sec || want->tv_nsec)
		aet_background_wait();
	for (;;) {
		aet_interrupted = 0;
		(void)aet_park_take_ns();
		result = AET_REAL(clock_nanosleep)(clock, flags, &goal, &rest);
		if (result != EINTR)
			break;
		if (!aet_interrupted)
			break;
		if (!(flags & TIMER_ABSTIME))
			goal = less(&rest, aet_park_take_ns());
	}
	if (AET_UNLIKELY(!aet_background_goes_on(result == 0)))
		aet_background_sleep_on();
	if (result != EINTR)
		return result;
	if (left && !(flags & TIMER_ABSTIME))
		*left = rest;
	return EINTR;
}

EXPORT int nanosleep(const struct timespec *want, struct timespec *left)
{
	int result;

	if (!aet_is_joined())
		return AET_REAL(nanosleep)(want, left);
	result = clock_nanosleep(CLOCK_REALTIME, 0, want, left);
	if (result == 0)
		return 0;
	aet_errno = result;
	return -1;
}

unsigned sleep(unsigned seconds);

EXPORT unsigned sleep(unsigned seconds)
{
	struct timespec want = {.tv_sec = seconds};
	struct timespec left = {0};
	int saved = aet_errno;

	if (!aet_is_joined())
		return AET_REAL(sleep)(seconds);
	if (clock_nanosleep(CLOCK_REALTIME, 0, &want, &left) == 0)
		left.tv_sec = 0, left.tv_nsec = 0;
	aet_errno = saved;
	return (unsigned)left.tv_sec + (left.tv_nsec >= 500000000);
}

int usleep(useconds_t microseconds);

EXPORT int usleep(useconds_t microseconds)
{
	struct timespec want = {microseconds / 1000000, (long)(microseconds % 1000000) * 1000};

	if (!aet_is_joined())
		return AET_REAL(usleep)(microseconds);
	return nanosleep(&want, NULL);
}

int pause(void);

EXPORT int pause(void)
{
	int saved = aet_errno;
	int result;

	do {
		aet_interrupted = 0;
		aet_errno = saved;
		result = AET_REAL(pause)();
	} while (aet_interrupted && aet_errno == EINTR);
	return result;
}

EXPORT int sigsuspend(const sigset_t *mask)
{
	sigset_t stripped;
	int saved = aet_errno;
	int result;

	if (!aet_is_joined())
		return AET_REAL(sigsuspend)(mask);
	stripped = *mask;
	do {
		aet_interrupted = 0;
		aet_errno = saved;
		aet_signals_strip((uint64_t *)(void *)&stripped);
		result = AET_REAL(sigsuspend)(&stripped);
	} while (aet_interrupted && aet_errno == EINTR);
	return result;
}
