/*
 * Work in flight that is no request (aeterna/module.h): counted in the page beside the requests, so
 * that a dump waits for it, and kept from beginning while there is one. And requests in flight that
 * a dump does not wait for, which never hide another: in doubt there are fewer of them.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "aeterna/module.h"
#include "core/export.h"
#include "core/lib.h"
#include "state/state.h"
#include "sys.h"

/* Of this process, before it joined, too. The lowest bit: it is in the page. */
#define IN_PAGE 1u
#define ONE     2u

static _Atomic uint32_t own;

/* What this thread has begun, less what it has ended. */
static __thread int own_here __attribute__((tls_model("initial-exec")));

/* Requests that are detached, as in the page; and those that are taken for lost (take_off). */
#define FORGOTTEN (1ull << 32)
static _Atomic uint64_t detached;

/* Whoever counts at the same time does it before, and is in, or after, and counts there too. */
void aet_busy_begin(void)
{
	uint32_t before = atomic_fetch_or(&own, IN_PAGE);

	if (!(before & IN_PAGE))
		atomic_fetch_add(&aet_lib.slot->busy, before / ONE);
}

/* The work of other threads is the parent's. */
void aet_busy_after_fork(void)
{
	atomic_store(&own, own_here > 0 ? (uint32_t)own_here * ONE : 0);
	atomic_store(&detached, 0);
}

static void count(int by)
{
	uint32_t before = atomic_fetch_add(&own, (uint32_t)by * ONE);

	own_here += by;
	if (before & IN_PAGE)
		atomic_fetch_add(&aet_lib.slot->busy, (uint32_t)by);
}

/* Not the thread that dumps, which is the main one, in the child as well. */
static bool is_kept_waiting(void)
{
	return aet_state_is_frozen() && (int)AET_SYS0(gettid) != aet_lib.owner;
}

/* Counted first: either the dump sees it, or it sees the dump, and begins when that is over. */
EXPORT void aeterna_busy(int by)
{
	count(by);
	while (by > 0 && is_kept_waiting()) {
		count(-by);
		while (is_kept_waiting())
			aet_state_wait_frozen();
		count(by);
	}
}

/*
 * One less. Whose connection was lost is not known: if somebody is detached it is taken for theirs,
 * as their thread, or task, may notice much later that nobody listens. Nor is it known whether those
 * who say that they are no longer detached are the ones that were lost: what counts is taken off
 * first. So there are too few at times, never too many. The page has no fewer than there are here.
 */
static void take_off(bool lost)
{
	uint64_t before = atomic_load(&detached);
	uint64_t after;

	do {
		if (lost && (uint32_t)before == 0)
			return;
		if (before == 0)
			return;
		if (lost)
			after = before - 1 + FORGOTTEN;
		else
			after = before - ((uint32_t)before > 0 ? 1 : FORGOTTEN);
	} while (!atomic_compare_exchange_weak(&detached, &before, after));
	if ((uint32_t)after != (uint32_t)before)
		atomic_fetch_sub(&aet_lib.slot->detached, 1);
}

void aet_busy_lost(void)
{
	take_off(true);
}

/* Who said so before the process joined, or before it was forked, is counted nowhere. */
EXPORT void aeterna_detached(int by)
{
	if (!(atomic_load(&own) & IN_PAGE))
		return;
	for (; by > 0; by--) {
		atomic_fetch_add(&aet_lib.slot->detached, 1);
		atomic_fetch_add(&detached, 1);
	}
	for (; by < 0; by++)
		take_off(false);
}
