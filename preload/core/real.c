#include "core/real.h"

#include <dlfcn.h>
#include <errno.h>

#include "sys.h"
#include "util.h"

#define HOOK(name, type, parameters, arguments)                                                    \
	static type first_##name parameters                                                        \
	{                                                                                          \
		aet_real_resolve();                                                                \
		return AET_REAL(name) arguments;                                                   \
	}
#include "core/hooks.def"
#undef HOOK

static int first_clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	aet_real_resolve();
	return AET_REAL(clock_gettime)(clock, ret_time);
}

struct aet_real aet_real = {
#define HOOK(name, type, parameters, arguments) .name = first_##name,
#include "core/hooks.def"
#undef HOOK
	.clock_gettime = first_clock_gettime,
};

static long finish(long result)
{
	if (result >= 0)
		return result;
	aet_errno = (int)-result;
	return -1;
}

/* What a libc may lack: glibc before 2.34 and musl have no close_range, musl no closefrom and no
 * mask in the attributes of a thread, which glibc has since 2.32, and no sem_clockwait (2.30). */

static int lacking_close_range(unsigned first, unsigned last, int flags)
{
	return (int)finish(AET_SYS3(close_range, first, last, flags));
}

static void lacking_closefrom(int first)
{
	(void)AET_SYS3(close_range, AET_MAX(first, 0), ~0u, 0);
}

static int lacking_fcntl64(int fd, int command, void *argument)
{
	return AET_REAL(fcntl)(fd, command, argument);
}

static int lacking_renameat2(
	int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	return (int)finish(AET_SYS5(renameat2, from_dir, from, to_dir, to, flags));
}

static int lacking_pthread_attr_setsigmask_np(pthread_attr_t *attributes, const sigset_t *set)
{
	(void)attributes;
	(void)set;
	return ENOSYS;
}

/* A program may look for these two to learn whether it has threads, or which waits there are. */
static int lacking_pthread_create(
	pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
	(void)thread;
	(void)attributes;
	(void)start;
	(void)argument;
	return EAGAIN;
}

static int lacking_sem_clockwait(sem_t *sem, clockid_t clock, const struct timespec *end)
{
	(void)sem;
	(void)clock;
	(void)end;
	return (int)finish(-ENOSYS);
}

static int lacking_clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	return (int)finish(AET_SYS2(clock_gettime, clock, ret_time));
}

void aet_real_resolve(void)
{
	void *found;

	/* Where dlsym() finds nothing, no program can call the function: without the library it
	 * could not have been linked. The few that a program may probe for have a replacement. */
#define HOOK(name, type, parameters, arguments)                                                    \
	found = dlsym(RTLD_NEXT, #name);                                                           \
	if (found)                                                                                 \
		AET_WRITE(aet_real.name, (type(*) parameters)found);
#include "core/hooks.def"
#undef HOOK
	if (AET_READ(aet_real.close_range) == first_close_range)
		AET_WRITE(aet_real.close_range, lacking_close_range);
	if (AET_READ(aet_real.closefrom) == first_closefrom)
		AET_WRITE(aet_real.closefrom, lacking_closefrom);
	if (AET_READ(aet_real.fcntl64) == first_fcntl64)
		AET_WRITE(aet_real.fcntl64, lacking_fcntl64);
	if (AET_READ(aet_real.renameat2) == first_renameat2)
		AET_WRITE(aet_real.renameat2, lacking_renameat2);
	if (AET_READ(aet_real.pthread_attr_setsigmask_np) == first_pthread_attr_setsigmask_np)
		AET_WRITE(aet_real.pthread_attr_setsigmask_np, lacking_pthread_attr_setsigmask_np);
	if (AET_READ(aet_real.pthread_create) == first_pthread_create)
		AET_WRITE(aet_real.pthread_create, lacking_pthread_create);
	if (AET_READ(aet_real.sem_clockwait) == first_sem_clockwait)
		AET_WRITE(aet_real.sem_clockwait, lacking_sem_clockwait);
	found = dlsym(RTLD_NEXT, "clock_gettime");
	AET_WRITE(aet_real.clock_gettime,
		found ? (int (*)(clockid_t, struct timespec *))found : lacking_clock_gettime);
}
