#include "core/lock.h"

#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>

#include "core/signals.h"
#include "core/turned_away.h"
#include "core/upcalls.h"
#include "sys.h"

/* futex(2): a waiter marks the lock contended, so that only then somebody has to be woken. */
enum { FREE, LOCKED, CONTENDED };

static _Atomic int lock_word;
static _Atomic int reconcile_again;

static bool try_lock(void)
{
	int free = FREE;

	return atomic_compare_exchange_strong(&lock_word, &free, LOCKED);
}

void aet_lock(uint64_t *ret_mask)
{
	uint64_t all = ~0ull;

	(void)AET_SYS4(rt_sigprocmask, SIG_BLOCK, &all, ret_mask, 8);
	if (try_lock())
		return;
	while (atomic_exchange_explicit(&lock_word, CONTENDED, memory_order_acquire) != FREE)
		(void)AET_SYS4(futex, &lock_word, FUTEX_WAIT_PRIVATE, CONTENDED, 0);
}

void aet_unlock_in_handler(void)
{
	do {
		while (atomic_exchange(&reconcile_again, 0))
			aet_upcalls.reconcile();
		if (atomic_exchange(&lock_word, FREE) == CONTENDED)
			(void)AET_SYS3(futex, &lock_word, FUTEX_WAKE_PRIVATE, 1);
		aet_turned_away_kick(); /* after the release: they try the lock at once */
		/* A note left between the last look and the release has nobody else to read it. */
	} while (atomic_load(&reconcile_again) && try_lock());
}

void aet_unlock(const uint64_t *mask)
{
	uint64_t before = *mask;

	aet_unlock_in_handler();
	aet_signals_strip_taken(&before);
	(void)AET_SYS4(rt_sigprocmask, SIG_SETMASK, &before, 0, 8);
}

void aet_note_reconcile(void)
{
	atomic_store(&reconcile_again, 1);
}

void aet_reconcile(void)
{
	uint64_t mask = 0;

	aet_lock(&mask);
	aet_note_reconcile();
	aet_unlock(&mask);
}

bool aet_trylock_in_handler(void)
{
	return try_lock();
}

void aet_lock_after_fork(void)
{
	atomic_store(&lock_word, FREE);
	atomic_store(&reconcile_again, 0);
}
