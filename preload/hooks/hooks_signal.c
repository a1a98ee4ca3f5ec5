/*
 * Hooks that keep our one signal out of the program's sight: it moves away when the program wants
 * that number, and it is never blocked or waited for by the program's own masks.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/export.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/real.h"
#include "core/signals.h"
#include "core/small_stacks.h"

#define SECOND    1000000000
#define CENTURY_S 3000000000ll

static void leave_to_program(int signal)
{
	uint64_t mask;

	if (!aet_is_owner())
		return;
	aet_lock(&mask);
	if (signal == AET_READ(aet_lib.signal))
		aet_signals_yield(signal);
	aet_unlock(&mask);
}

EXPORT int sigaction(int signal, const struct sigaction *action, struct sigaction *old)
{
	int result;

	/* A Go runtime that is loaded later, too: it installs its own, in this way, at its start. */
	if (AET_UNLIKELY(action && (action->sa_flags & SA_ONSTACK)) && aet_lib.active &&
		aet_small_stacks_are_told(signal))
		aet_signals_mind_small_stacks();
	if (AET_LIKELY(
		    (signal != AET_READ(aet_lib.signal) && signal != SIGIO && signal != SIGUSR2) ||
		    AET_READ(aet_lib.signal) == 0))
		return AET_REAL(sigaction)(signal, action, old);
	if (signal == SIGIO || signal == SIGUSR2) {
		result = AET_REAL(sigaction)(signal, action, old);
		if (result == 0 && old && aet_signals_is_handler((void *)old->sa_sigaction))
			*old = (struct sigaction){0};
		return result;
	}
	if (action) {
		leave_to_program(signal);
		return AET_REAL(sigaction)(signal, action, old);
	}
	result = AET_REAL(sigaction)(signal, NULL, old);
	if (result == 0 && old)
		*old = (struct sigaction){0}; /* SIG_DFL: it is not the program's */
	return result;
}

/* A program that calls the handler it was told of would call ours with nothing but a number. */
EXPORT sighandler_t signal(int number, sighandler_t handler)
{
	sighandler_t old;

	if (AET_UNLIKELY(number == AET_READ(aet_lib.signal) && number != 0))
		leave_to_program(number);
	old = AET_REAL(signal)(number, handler);
	return aet_signals_is_handler((void *)old) ? SIG_DFL : old;
}

/* A copy of the set without our signal; the set itself when there is nothing to take out. */
static const sigset_t *strip(const sigset_t *set, sigset_t *copy)
{
	if (!set || !aet_lib.active)
		return set;
	*copy = *set;
	aet_signals_strip((uint64_t *)(void *)copy);
	return copy;
}

EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	sigset_t copy;

	return AET_REAL(sigprocmask)(how, how == SIG_UNBLOCK ? set : strip(set, &copy), old);
}

int pthread_sigmask(int how, const sigset_t *set, sigset_t *old);

EXPORT int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	sigset_t copy;

	return AET_REAL(pthread_sigmask)(how, how == SIG_UNBLOCK ? set : strip(set, &copy), old);
}

int pthread_attr_setsigmask_np(pthread_attr_t *attributes, const sigset_t *set);

EXPORT int pthread_attr_setsigmask_np(pthread_attr_t *attributes, const sigset_t *set)
{
	sigset_t copy;

	return AET_REAL(pthread_attr_setsigmask_np)(attributes, strip(set, &copy));
}

EXPORT int sigwait(const sigset_t *set, int *number)
{
	sigset_t copy;

	return AET_REAL(sigwait)(strip(set, &copy), number);
}

EXPORT int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	sigset_t copy;
	int result;

	do {
		aet_interrupted = 0;
		result = AET_REAL(sigwaitinfo)(strip(set, &copy), info);
	} while (result < 0 && aet_interrupted && aet_errno == EINTR);
	return result;
}

static int64_t now_ns(void)
{
	struct timespec now;

	(void)AET_REAL(clock_gettime)(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

/* It goes on for the remaining time. One that lasts for a century has the program's own timeout. */
EXPORT int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
	bool ends = timeout && timeout->tv_sec >= 0 && timeout->tv_sec < CENTURY_S;
	int64_t end = ends ? now_ns() + timeout->tv_sec * SECOND + timeout->tv_nsec : 0;
	struct timespec left = ends ? *timeout : (struct timespec){0};
	sigset_t copy;
	int saved = aet_errno;
	int result;

	for (;;) {
		aet_interrupted = 0;
		result = AET_REAL(sigtimedwait)(strip(set, &copy), info, ends ? &left : timeout);
		if (result >= 0 || !aet_interrupted || aet_errno != EINTR)
			return result;
		aet_errno = saved;
		if (ends) {
			int64_t rest = AET_MAX(end - now_ns(), (int64_t)0);

			left = (struct timespec){rest / SECOND, rest % SECOND};
		}
	}
}

int signalfd(int fd, const sigset_t *mask, int flags);

EXPORT int signalfd(int fd, const sigset_t *mask, int flags)
{
	sigset_t copy;

	return AET_REAL(signalfd)(fd, strip(mask, &copy), flags);
}

#define RTLD_DEEPBIND_FLAG 8

void *dlopen(const char *path, int flags);

/* An object opened with RTLD_DEEPBIND bypasses every preload. The call below is a tail jump, so
 * that the RUNPATH of the caller still counts. */
EXPORT void *dlopen(const char *path, int flags)
{
	return AET_REAL(dlopen)(path, aet_lib.active ? flags & ~RTLD_DEEPBIND_FLAG : flags);
}
