#include "core/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/lib.h"
#include "core/upcalls.h"
#include "sys.h"

#define FIRST_SIGNAL (64 - 2) /* valgrind keeps SIGRTMAX for itself */
#define LAST_SIGNAL  36 /* glibc and musl use 32..34 inside */

/* struct sigaction as the kernel has it, rt_sigaction(2). */
struct kernel_action {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

#define KERNEL_SA_RESTORER 0x04000000ul

__attribute__((naked)) static void restore(void)
{
	__asm__("mov $15, %eax\n\tsyscall"); /* rt_sigreturn */
}

bool aet_signals_is_handler(const void *handler)
{
	return handler == (const void *)aet_upcalls.on_signal;
}

static struct kernel_action handled(void)
{
	return (struct kernel_action){
		.handler = aet_upcalls.on_signal,
		.flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK | KERNEL_SA_RESTORER,
		.restorer = restore,
		.mask = ~0ull,
	};
}

static void install_if_unused(int signal)
{
	struct kernel_action ours = handled();
	struct kernel_action now = {0};

	if (AET_SYS4(rt_sigaction, signal, NULL, &now, 8) == 0 && !now.handler)
		(void)AET_SYS4(rt_sigaction, signal, &ours, NULL, 8);
}

void aet_signals_take_usr2(void)
{
	install_if_unused(SIGUSR2);
}

void aet_signals_after_fork(void)
{
	struct kernel_action now = {0};
	struct kernel_action fallback = {0};

	if (AET_SYS4(rt_sigaction, SIGUSR2, NULL, &now, 8) == 0 &&
		aet_signals_is_handler((const void *)now.handler))
		(void)AET_SYS4(rt_sigaction, SIGUSR2, &fallback, NULL, 8);
}

/* SIGIO too: that is what the lifeline raises when the queue of real-time signals is full
 * (fcntl(2), F_SETSIG), and by default it ends the process. */
static int install(int signal)
{
	struct kernel_action ours = handled();
	uint64_t bit = 1ull << (signal - 1);
	long result = AET_SYS4(rt_sigaction, signal, &ours, NULL, 8);

	if (result < 0)
		return (int)result;
	AET_WRITE(aet_lib.signal, signal);
	install_if_unused(SIGIO);
	(void)AET_SYS4(rt_sigprocmask, SIG_UNBLOCK, &bit, NULL, 8);
	return 0;
}

static int install_next(int from)
{
	for (int signal = from; signal >= LAST_SIGNAL; signal--) {
		struct kernel_action now = {0};

		if (AET_SYS4(rt_sigaction, signal, NULL, &now, 8) < 0 || now.handler)
			continue;
		return install(signal);
	}
	return -EBUSY;
}

int aet_signals_install(void)
{
	if (aet_lib.signal)
		return 0;
	return install_next(FIRST_SIGNAL);
}

void aet_signals_attach(int lifeline)
{
	struct {
		int type;
		int pid;
	} owner = {1 /* F_OWNER_PID: the process, not a thread */, aet_lib.owner};
	long flags = AET_SYS3(fcntl, lifeline, F_GETFL, 0);

	(void)AET_SYS3(fcntl, lifeline, F_SETOWN_EX, &owner);
	(void)AET_SYS3(fcntl, lifeline, F_SETSIG, aet_lib.signal);
	(void)AET_SYS3(fcntl, lifeline, F_SETFL, flags | O_ASYNC);
}

void aet_signals_yield(int signal)
{
	struct kernel_action fallback = {0};

	if (install_next(signal - 1) < 0)
		return;
	if (aet_lib.lifeline >= 0)
		(void)AET_SYS3(fcntl, aet_lib.lifeline, F_SETSIG, aet_lib.signal);
	(void)AET_SYS4(rt_sigaction, signal, &fallback, NULL, 8);
}

void aet_signals_strip(uint64_t *mask)
{
	int signal = AET_READ(aet_lib.signal);

	if (signal)
		*mask &= ~(1ull << (signal - 1));
}

struct directory_entry { /* linux_dirent64, getdents(2) */
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static int to_number(const char *text)
{
	int number = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		number = number * 10 + (*text - '0');
	return number;
}

void aet_signals_kick(void)
{
	static char entries[4096]; /* under the lock; a handler's stack may be tiny */
	int self = (int)AET_SYS0(gettid);
	int dir = (int)AET_SYS4(
		openat, AT_FDCWD, "/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	long got;

	if (dir < 0) { /* no /proc here (chroot): the main thread is the likely sleeper */
		if (self != aet_lib.owner)
			(void)AET_SYS3(tgkill, aet_lib.owner, aet_lib.owner, aet_lib.signal);
		return;
	}
	while ((got = AET_SYS3(getdents64, dir, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < got;) {
			struct directory_entry *entry = (void *)(entries + at);
			int tid = to_number(entry->name);

			if (tid > 0 && tid != self)
				(void)AET_SYS3(tgkill, aet_lib.owner, tid, aet_lib.signal);
			at += entry->length;
		}
	}
	(void)AET_SYS1(close, dir);
}
