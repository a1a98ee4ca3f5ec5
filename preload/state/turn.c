#include "state/turn.h"

#include <linux/futex.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>

#include "core/symbols.h"
#include "sys.h"

#define TURN_NS   6000000
#define CONTENDED 2 /* the word of a mutex that somebody waits for: glibc, musl */
#define OWN_STACK 4096 /* above the stack pointer */

static struct {
	uintptr_t at;
	size_t size; /* 0: there is none */
} interpreter;

void aet_turn_set_interpreter(const void *at, size_t size)
{
	interpreter.at = (uintptr_t)at;
	interpreter.size = size;
}

void aet_turn_find_interpreter(void)
{
	size_t size = 0;
	const void *at;

	if (interpreter.size > 0)
		return;
	at = aet_symbol_find_object("_PyRuntime", &size);
	if (at)
		aet_turn_set_interpreter(at, size);
}

/* Nanoseconds until a wait in futex(2) ends by itself; 0: it is no wait. */
static int64_t left_of_wait(const greg_t *regs)
{
	long operation = regs[REG_RSI] & FUTEX_CMD_MASK;
	clockid_t clock = regs[REG_RSI] & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;
	const struct timespec *limit = (const void *)regs[REG_R10];
	struct timespec now = {0};

	if (operation != FUTEX_WAIT && operation != FUTEX_WAIT_BITSET)
		return 0; /* and what stands there is no limit */
	if (!limit)
		return INT64_MAX;
	if (operation == FUTEX_WAIT_BITSET) /* whose limit is absolute */
		(void)AET_SYS2(clock_gettime, clock, &now);
	return (limit->tv_sec - now.tv_sec) * 1000000000 + limit->tv_nsec - now.tv_nsec;
}

/*
 * CPython's lock is a mutex and two condition variables inside _PyRuntime, in every version from 3.9
 * to 3.15. A thread waits there for its turn with a limit (5 ms, or what sys.setswitchinterval() says),
 * and without one: for the mutex, for another thread to take the turn it gave up, and in
 * pthread_cond_signal(3), which in glibc before 2.41 waits until all woken threads have left. The
 * last holds the mutex meanwhile.
 */
static bool is_of_interpreter(const greg_t *regs)
{
	return (uintptr_t)regs[REG_RDI] - interpreter.at < interpreter.size;
}

/*
 * Nobody's thread rests in a mutex. One of the interpreter's that waits for malloc's, or the
 * loader's, may be in the middle of a change that no other thread sees before it gives up its turn.
 * A hook gives it up. A word on its own stack is no mutex, but a condition variable's, in musl.
 */
static bool is_of_mutex(const greg_t *regs)
{
	return interpreter.size > 0 && (regs[REG_RSI] & FUTEX_CMD_MASK) == FUTEX_WAIT &&
		(uint32_t)regs[REG_RDX] == CONTENDED && !regs[REG_R10] &&
		(uintptr_t)regs[REG_RDI] - (uintptr_t)regs[REG_RSP] >= OWN_STACK;
}

/* A short limit is one more sign of a turn, for interpreters that nobody knows here. */
bool aet_turn_is_awaited(long number, const void *context)
{
	const greg_t *regs = ((const ucontext_t *)context)->uc_mcontext.gregs;

	if (number != SYS_futex)
		return number < 0 && is_of_interpreter(regs);
	return is_of_interpreter(regs) || is_of_mutex(regs) || left_of_wait(regs) <= TURN_NS;
}
