/*
 * Hooks that keep our one signal out of the program's sight: it moves away when the program wants
 * that number, and it is never blocked or waited for by the program's own masks.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/export.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/real.h"
#include "core/signals.h"

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
	if (!set || AET_READ(aet_lib.signal) == 0)
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

EXPORT int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
	sigset_t copy;

	return AET_REAL(sigtimedwait)(strip(set, &copy), info, timeout);
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
