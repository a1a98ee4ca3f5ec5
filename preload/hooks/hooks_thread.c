/*
 * Hooks by which background threads are known (core/background.h): how a thread begins, and the
 * waits of semaphores that end by the clock. CPython's locks wait by these.
 */
#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "core/background.h"
#include "core/beginning.h"
#include "core/export.h"
#include "core/lib.h"
#include "core/real.h"
#include "util.h"

#define SECOND 1000000000

EXPORT int pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
	struct aet_beginning *beginning = NULL;
	int result;

	if (aet_lib.active && !aet_answers)
		beginning = aet_beginning_take(start, argument);
	if (!beginning)
		return AET_REAL(pthread_create)(thread, attributes, start, argument);
	result = AET_REAL(pthread_create)(thread, attributes, aet_beginning_run, beginning);
	if (result != 0)
		aet_beginning_drop(beginning);
	return result;
}

static struct timespec soon(clockid_t clock)
{
	struct timespec now = {0};

	(void)AET_REAL(clock_gettime)(clock, &now);
	now.tv_nsec += AET_BACKGROUND_SLICE_NS;
	if (now.tv_nsec < SECOND)
		return now;
	return (struct timespec){now.tv_sec + 1, now.tv_nsec - SECOND};
}

struct wait {
	sem_t *sem;
	clockid_t clock;
	int (*until)(const struct wait *wait, const struct timespec *end);
};

static int until_real_time(const struct wait *wait, const struct timespec *end)
{
	return AET_REAL(sem_timedwait)(wait->sem, end);
}

static int until(const struct wait *wait, const struct timespec *end)
{
	return AET_REAL(sem_clockwait)(wait->sem, wait->clock, end);
}

static bool goes_on(int result)
{
	return aet_background_goes_on(result < 0 && aet_errno == ETIMEDOUT);
}

/* Out of time; whoever posts the semaphore wakes it all the same. */
static int wait_on(const struct wait *wait)
{
	int result;

	aet_background_stand();
	do {
		struct timespec later = soon(wait->clock);

		result = wait->until(wait, &later);
	} while (!goes_on(result));
	aet_background_stand_no_more();
	return result;
}

static int wait_until(const struct wait *wait, const struct timespec *end)
{
	int saved = aet_errno;
	int result;

	aet_background_wait();
	result = wait->until(wait, end);
	if (AET_UNLIKELY(!goes_on(result)))
		result = wait_on(wait);
	if (result == 0)
		aet_errno = saved;
	return result;
}

EXPORT int sem_timedwait(sem_t *sem, const struct timespec *end)
{
	return wait_until(&(struct wait){sem, CLOCK_REALTIME, until_real_time}, end);
}

EXPORT int sem_clockwait(sem_t *sem, clockid_t clock, const struct timespec *end)
{
	return wait_until(&(struct wait){sem, clock, until}, end);
}
