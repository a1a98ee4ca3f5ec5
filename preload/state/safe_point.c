#include "state/safe_point.h"

#include <stdint.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "core/call.h"
#include "state/state_task.h"
#include "state/turn.h"

#define RED_ZONE 128 /* below the stack pointer a leaf function may keep something */

/* Calls that wait for another thread or process, and that restart after a signal. */
static bool is_waiting_call(long number)
{
	switch (number) {
	case SYS_accept:
	case SYS_accept4:
	case SYS_poll:
	case SYS_ppoll:
	case SYS_select:
	case SYS_pselect6:
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
	case SYS_epoll_pwait2:
	case SYS_nanosleep:
	case SYS_clock_nanosleep:
	case SYS_pause:
	case SYS_futex:
	case SYS_rt_sigsuspend:
	case SYS_rt_sigtimedwait:
	case SYS_read:
	case SYS_readv:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_wait4:
	case SYS_waitid:
	case SYS_msgrcv:
	case SYS_semop:
	case SYS_semtimedop:
		return true;
	default:
		return false;
	}
}

bool aet_safe_point_is_one(const void *context)
{
	struct aet_call call = aet_call_of(context);

	if (call.end == AET_CALL_NONE || aet_turn_is_awaited(call.number, context))
		return false;
	return call.end == AET_CALL_FAILED || is_waiting_call(call.number);
}

__attribute__((used)) static void come_in(void)
{
	aet_state_task_run();
}

/*
 * On entry the stack has the address to return to. It saves what a system call would preserve: all
 * registers, the flags, and the vector registers, which functions may change.
 */
__attribute__((naked)) static void entry(void)
{
	__asm__("pushfq\n\t"
		"push %rax\n\t"
		"push %rcx\n\t"
		"push %rdx\n\t"
		"push %rsi\n\t"
		"push %rdi\n\t"
		"push %r8\n\t"
		"push %r9\n\t"
		"push %r10\n\t"
		"push %r11\n\t"
		"push %rbp\n\t"
		"mov %rsp, %rbp\n\t"
		"sub $512, %rsp\n\t"
		"and $-64, %rsp\n\t"
		"fxsave64 (%rsp)\n\t"
		"cld\n\t"
		"call come_in\n\t"
		"fxrstor64 (%rsp)\n\t"
		"mov %rbp, %rsp\n\t"
		"pop %rbp\n\t"
		"pop %r11\n\t"
		"pop %r10\n\t"
		"pop %r9\n\t"
		"pop %r8\n\t"
		"pop %rdi\n\t"
		"pop %rsi\n\t"
		"pop %rdx\n\t"
		"pop %rcx\n\t"
		"pop %rax\n\t"
		"popfq\n\t"
		"ret $128"); /* RED_ZONE */
}

void aet_safe_point_enter(void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	uint64_t *stack = (uint64_t *)(regs[REG_RSP] - RED_ZONE) - 1;

	*stack = (uint64_t)regs[REG_RIP];
	regs[REG_RSP] = (greg_t)stack;
	regs[REG_RIP] = (greg_t)entry;
}
