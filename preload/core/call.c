#include "core/call.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#define SCAN_BYTES 24 /* how far before it `mov $nr, %eax` may stand */

static bool is_syscall(const uint8_t *code)
{
	return code[0] == 0x0f && code[1] == 0x05;
}

/* The number of the system call at code, from the `mov $imm32, %eax` before it; -1: unknown. */
static long number_before(const uint8_t *code)
{
	for (int back = 5; back <= SCAN_BYTES; back++) {
		const uint8_t *at = code - back;
		uint32_t number;

		if (((uintptr_t)at ^ (uintptr_t)code) >> 12)
			return -1; /* another page: it may not be there */
		if (*at != 0xb8)
			continue;
		number = (uint32_t)at[1] | (uint32_t)at[2] << 8 | (uint32_t)at[3] << 16 |
			(uint32_t)at[4] << 24;
		if (number < 512)
			return (long)number;
	}
	return -1;
}

struct aet_call aet_call_of(const void *context)
{
	const greg_t *regs = ((const ucontext_t *)context)->uc_mcontext.gregs;
	const uint8_t *code = (const uint8_t *)regs[REG_RIP];

	if (is_syscall(code))
		return (struct aet_call){AET_CALL_AGAIN, (long)regs[REG_RAX]};
	if (regs[REG_RAX] == -EINTR && is_syscall(code - 2))
		return (struct aet_call){AET_CALL_FAILED, number_before(code - 2)};
	return (struct aet_call){AET_CALL_NONE, -1};
}
