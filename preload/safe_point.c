#include "safe_point.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "state.h"

#define RED_ZONE 128 /* below the stack pointer a leaf function may keep something */

static bool is_syscall(const uint8_t *code)
{
	return code[0] == 0x0f && code[1] == 0x05;
}

/* Calls that wait for somebody else, and are restarted after a signal. */
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
	const greg_t *regs = ((const ucontext_t *)context)->uc_mcontext.gregs;
	const uint8_t *code = (const uint8_t *)regs[REG_RIP];

	if (is_syscall(code))
		return is_waiting_call((long)regs[REG_RAX]);
	return regs[REG_RAX] == -EINTR && is_syscall(code - 2);
}

/* The number of the call: still in its register, or in the instruction that put it there. */
static long number_of(const greg_t *regs)
{
	const uint8_t *code = (const uint8_t *)regs[REG_RIP];

	if (is_syscall(code))
		return (long)regs[REG_RAX];
	if (!is_syscall(code - 2) || code[-7] != 0xb8) /* mov $number, %eax */
		return -1;
	return code[-6] | code[-5] << 8 | code[-4] << 16;
}

bool aet_safe_point_is_poll(const void *context)
{
	switch (number_of(((const ucontext_t *)context)->uc_mcontext.gregs)) {
	case SYS_poll:
	case SYS_ppoll:
	case SYS_select:
	case SYS_pselect6:
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
		return true;
	default:
		return false;
	}
}

bool aet_safe_point_is_lock(const void *context)
{
	return number_of(((const ucontext_t *)context)->uc_mcontext.gregs) == SYS_futex;
}

__attribute__((used)) static void come_in(void)
{
	aet_state_take();
}

/*
 * On entry the stack holds where to go on. Everything is kept that a system call would keep: all
 * registers, the flags, and the vector registers' part that functions may not assume to survive.
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
