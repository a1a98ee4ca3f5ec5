#include "core/busy.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "aeterna/module.h"
#include "core/background.h"
#include "core/export.h"
#include "core/frozen.h"
#include "core/lib.h"
#include "core/park.h"
#include "sys.h"

/* The work of this process, also before it joins. Lowest bit: the page has it. */
#define IN_PAGE 1u
#define ONE     2u

static _Atomic uint32_t own;

/* What this thread has begun, less what it has ended. */
static __thread int own_here __attribute__((tls_model("initial-exec")));

/* Low half: detached requests, as in the page. High half: those that were taken for lost
 * (take_off). */
#define FORGOTTEN (1ull << 32)
static _Atomic uint64_t detached;

/* A thread that counts at the same time comes before, and its work is in the sum, or after, and
 * counts in the page itself. */
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

/* The main thread never waits: it dumps, also in the child. */
static bool is_kept_waiting(void)
{
	return aet_is_frozen() && (int)AET_SYS0(gettid) != aet_lib.owner;
}

/* Counts first: either the dump sees the work, or the work sees the dump and begins after it. */
EXPORT void aeterna_busy(int by)
{
	aet_background_note_answer();
	count(by);
	while (by > 0 && is_kept_waiting()) {
		count(-by);
		aet_park_hold();
		while (is_kept_waiting())
			aet_frozen_wait();
		aet_park_release();
		count(by);
	}
}

/*
 * One detached request less. A lost connection does not say whose it was: if a request is detached,
 * it is taken for that one, whose thread may notice the loss much later. Nor does a request that
 * ends its detachment say whether it was taken for lost: the page's count goes down first. So the
 * count is too low at times and never too high. The page never has fewer than this process.
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

/* What was detached before the process joined, or before the fork, is not counted. */
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
