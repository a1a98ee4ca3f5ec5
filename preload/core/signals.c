#include "core/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/frozen.h"
#include "core/kernel_action.h"
#include "core/lib.h"
#include "core/small_stacks.h"
#include "core/thread_mask.h"
#include "core/threads.h"
#include "core/upcalls.h"
#include "sys.h"

#define FIRST_SIGNAL (64 - 2) /* valgrind keeps SIGRTMAX for itself */
#define LAST_SIGNAL  36 /* glibc and musl use 32..34 inside */

#define BIT(signal) (1ull << ((signal)-1))
/* A mask with all of these is meant for all signals, not for one of them. */
#define ANY_OF_OURS (BIT(FIRST_SIGNAL + 1) - BIT(LAST_SIGNAL))

__attribute__((naked)) static void restore(void)
{
	__asm__("mov $15, %eax\n\tsyscall"); /* rt_sigreturn */
}

bool aet_signals_is_handler(const void *handler)
{
	return handler == (const void *)aet_upcalls.on_signal;
}

/* This thread took the signal under the lock, whose release unblocks it. */
static __thread bool unblocks __attribute__((tls_model("initial-exec")));

static bool use_main_thread;

static _Atomic bool stacks_are_small; /* the handler needs the program's alternate stacks */

static int handle(int signal)
{
	struct aet_kernel_action action = {
		.handler = aet_upcalls.on_signal,
		.flags = SA_SIGINFO | SA_RESTART | AET_KERNEL_SA_RESTORER,
		.restorer = restore,
		.mask = ~0ull,
	};

	if (atomic_load(&stacks_are_small))
		action.flags |= SA_ONSTACK;
	return (int)AET_SYS4(rt_sigaction, signal, &action, NULL, 8);
}

static void *handler_of(int signal)
{
	struct aet_kernel_action now = {0};

	(void)AET_SYS4(rt_sigaction, signal, NULL, &now, 8);
	return (void *)now.handler;
}

static void install_if_unused(int signal)
{
	if (!handler_of(signal))
		(void)handle(signal);
}

void aet_signals_mind_small_stacks(void)
{
	const int all[] = {aet_lib.signal, SIGIO, SIGUSR2};

	if (atomic_exchange(&stacks_are_small, true))
		return;
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] && aet_signals_is_handler(handler_of(all[i])))
			(void)handle(all[i]);
}

void aet_signals_take_usr2(void)
{
	install_if_unused(SIGUSR2);
}

void aet_signals_after_fork(void)
{
	struct aet_kernel_action fallback = {0};

	if (aet_signals_is_handler(handler_of(SIGUSR2)))
		(void)AET_SYS4(rt_sigaction, SIGUSR2, &fallback, NULL, 8);
}

/* SIGIO too: that is what the lifeline raises when the queue of real-time signals is full
 * (fcntl(2), F_SETSIG), and by default it ends the process. */
static int install(int signal)
{
	int result = handle(signal);

	if (result < 0)
		return result;
	AET_WRITE(aet_lib.signal, signal);
	install_if_unused(SIGIO);
	return 0;
}

/* The next one that the program does not handle, or -EBUSY. */
static int next_unused(int from)
{
	for (int signal = from; signal >= LAST_SIGNAL; signal--)
		if (!handler_of(signal))
			return signal;
	return -EBUSY;
}

static int install_next(int from)
{
	int signal = next_unused(from);

	unblocks = true;
	return signal < 0 ? signal : install(signal);
}

int aet_signals_install(void)
{
	unblocks = true;
	if (aet_lib.signal)
		return 0;
	if (aet_small_stacks_are_used())
		aet_signals_mind_small_stacks();
	return install_next(FIRST_SIGNAL);
}

void aet_signals_unblock(void)
{
	uint64_t ours = aet_lib.signal ? BIT(aet_lib.signal) : 0;

	if (aet_lib.dumping || aet_is_frozen())
		return; /* what is blocked there is meant to be */
	(void)AET_SYS4(rt_sigprocmask, SIG_UNBLOCK, &ours, NULL, 8);
}

/*
 * A signal for the process is taken by whichever thread is the first to look, and the thread that
 * the kernel woke for it finds none then: no handler runs there, and its epoll_wait() fails with
 * EINTR, which nobody mends (signal(7)). Measured with six threads in epoll_wait() and one that
 * takes the lock all the time: for every other signal. So one thread alone gets it: the main one,
 * if it is sure to take it. A thread that joins is about to unblock it.
 */
static bool is_for_main_thread(void)
{
	return use_main_thread &&
		((int)AET_SYS0(gettid) == aet_lib.owner ||
			aet_thread_mask_lets(aet_lib.owner, aet_lib.signal));
}

void aet_signals_attach(int lifeline)
{
	struct f_owner_ex owner = {is_for_main_thread() ? F_OWNER_TID : F_OWNER_PID, aet_lib.owner};
	long flags = AET_SYS3(fcntl, lifeline, F_GETFL, 0);

	(void)AET_SYS3(fcntl, lifeline, F_SETOWN_EX, &owner);
	(void)AET_SYS3(fcntl, lifeline, F_SETSIG, aet_lib.signal);
	(void)AET_SYS3(fcntl, lifeline, F_SETFL, flags | O_ASYNC);
}

void aet_signals_detach(int lifeline)
{
	long flags = AET_SYS3(fcntl, lifeline, F_GETFL, 0);

	(void)AET_SYS3(fcntl, lifeline, F_SETFL, flags & ~(long)O_ASYNC);
}

void aet_signals_use_main_thread(bool use)
{
	use_main_thread = use;
	if (aet_lib.lifeline >= 0)
		aet_signals_attach(aet_lib.lifeline);
}

void aet_signals_yield(int signal)
{
	struct aet_kernel_action fallback = {0};

	if (install_next(signal - 1) < 0)
		return;
	if (aet_lib.lifeline >= 0)
		aet_signals_attach(aet_lib.lifeline);
	(void)AET_SYS4(rt_sigaction, signal, &fallback, NULL, 8);
}

void aet_signals_strip(uint64_t *mask)
{
	int signal = AET_READ(aet_lib.signal);

	if (!signal && aet_lib.active && (*mask & ANY_OF_OURS) == ANY_OF_OURS)
		signal = next_unused(FIRST_SIGNAL);
	if (signal > 0)
		*mask &= ~BIT(signal);
}

void aet_signals_strip_taken(uint64_t *mask)
{
	if (AET_UNLIKELY(unblocks))
		aet_signals_strip(mask);
	unblocks = false;
}

long aet_signals_kick_thread(int thread_id)
{
	/* Our own thread comes out by itself, and a signal of ours to it would find it here again. */
	if (thread_id <= 0 || !aet_lib.signal || thread_id == (int)AET_SYS0(gettid))
		return 0;
	return AET_SYS3(tgkill, aet_lib.owner, thread_id, aet_lib.signal);
}

static void kick(int thread_id, void *unused)
{
	(void)unused;
	(void)aet_signals_kick_thread(thread_id);
}

void aet_signals_kick(void)
{
	if (!aet_threads_visit(kick, NULL)) /* no /proc here: the main one is the likely sleeper */
		(void)aet_signals_kick_thread(aet_lib.owner);
}
