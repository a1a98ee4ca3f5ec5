/*
 * SA_RESTART covers accept, read, futex and most others. This file finds those that fail with EINTR
 * all the same (signal(7)) by the frame that the kernel saved: the instruction before the return
 * address is `syscall` and the result register holds -EINTR. Had a signal of the program's own
 * been delivered as well, the frame would point at its handler instead, and EINTR is then rightly
 * the program's.
 *
 *  - epoll_wait without a timeout runs again.
 *  - epoll_wait with a timeout returns one event, "the listener is readable": the program then
 *    calls accept(), finds nothing, and computes its timers anew. So timers stay exact although
 *    nobody noted when the wait began.
 *  - poll, select and the sleeps have wrappers that go on with the remaining time; aet_interrupted
 *    tells them.
 *  - other calls run again.
 */
#include "entry/context.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "core/call.h"
#include "core/lib.h"
#include "core/options.h"
#include "core/table.h"
#include "listeners/gate.h"

static bool is_wrapped(long number)
{
	switch (number) {
	case SYS_poll:
	case SYS_ppoll:
	case SYS_select:
	case SYS_pselect6:
	case SYS_nanosleep:
	case SYS_clock_nanosleep:
	case SYS_pause:
	case SYS_rt_sigsuspend:
	case SYS_rt_sigtimedwait:
		return true;
	default:
		return false;
	}
}

static bool is_epoll_wait(long number)
{
	return number == SYS_epoll_wait || number == SYS_epoll_pwait || number == 441;
}

static const struct aet_watch *watch_in(int epfd)
{
	for (int i = 0; i < AET_WATCHES_MAX; i++) {
		const struct aet_watch *watch = &aet_watches[i];

		if (watch->place != AET_PLACE_FREE && watch->epfd == epfd && !watch->gone &&
			(watch->events & EPOLLIN))
			return watch;
	}
	return NULL;
}

static bool is_endless(long number, long long timeout)
{
	return number == 441 ? timeout == 0 : (int)timeout < 0;
}

/* Makes the interrupted epoll_wait return the listener's event; false: it cannot. */
static bool answer_epoll(greg_t *regs, long number)
{
	const struct aet_watch *watch = watch_in((int)regs[REG_RDI]);
	struct epoll_event *events = (struct epoll_event *)regs[REG_RSI];
	int max = (int)regs[REG_RDX];

	if (!watch || !events || max < 1 || max > 1 << 20)
		return false;
	if (number >= 0 && is_endless(number, regs[REG_R10]))
		return false;
	if (!aet_fd_is_nonblocking(watch->fd))
		return false; /* its accept() would sleep */
	events[0].events = EPOLLIN;
	events[0].data.u64 = watch->data;
	regs[REG_RAX] = 1;
	return true;
}

/* About to be made, again or for the first time. */
static void mend_again(greg_t *regs, long number)
{
	aet_gate_interrupted_recv(number, (int)regs[REG_RDI]);
	/* One that was turned away before comes back here: its timeout would begin anew. */
	if (is_epoll_wait(number) && answer_epoll(regs, number))
		regs[REG_RIP] += 2;
}

enum aet_mend aet_context_needs_lock(const void *context)
{
	const greg_t *regs = ((const ucontext_t *)context)->uc_mcontext.gregs;
	struct aet_call call = aet_call_of(context);

	if (call.end == AET_CALL_NONE || aet_waiting)
		return AET_MEND_WITHOUT;
	if (call.end == AET_CALL_AGAIN && aet_gate_wants_recv(call.number, (int)regs[REG_RDI]))
		return AET_MEND_MUST;
	if (is_epoll_wait(call.number) && !is_endless(call.number, regs[REG_R10]))
		return AET_MEND_SHOULD;
	return AET_MEND_WITHOUT;
}

void aet_context_mend(void *context, bool locked)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	struct aet_call call = aet_call_of(context);
	long number = call.number;

	if (call.end == AET_CALL_AGAIN) {
		if (aet_waiting) { /* its hook looks at the page before it goes on */
			regs[REG_RAX] = -EINTR;
			regs[REG_RIP] += 2;
			aet_interrupted = 1;
			return;
		}
		/* About to be restarted by SA_RESTART: the number is still in its register. */
		if (locked)
			mend_again(regs, number);
		return;
	}
	if (call.end == AET_CALL_NONE)
		return;

	if (aet_waiting || (number >= 0 && is_wrapped(number))) {
		aet_interrupted = 1;
		return;
	}
	/* For an unknown call there is no other way, even if another thread may be changing the
	 * table. */
	if ((number < 0 || (locked && is_epoll_wait(number))) && answer_epoll(regs, number))
		return;
	if (number < 0) { /* one stub of libc for all calls: the hook, if any, goes on */
		aet_interrupted = 1;
		return;
	}
	regs[REG_RAX] = number;
	regs[REG_RIP] -= 2;
}
