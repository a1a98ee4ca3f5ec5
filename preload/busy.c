/*
 * Work in flight that is no request (aeterna/module.h): counted in the page beside the requests, so
 * that a dump waits for it, and kept from beginning while there is one. And requests in flight that
 * a dump does not wait for, which never hide another: in doubt there are fewer of them.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "aeterna/module.h"
#include "export.h"
#include "lib.h"
#include "state.h"
#include "sys.h"

/* Of this process, before it joined, too. The lowest bit: it is in the page. */
#define IN_PAGE 1u
#define ONE     2u

static _Atomic uint32_t own;

/* Of those who said that they are detached, how many are not counted as such any more. */
static _Atomic uint32_t forgotten;

/* Whoever counts at the same time does it before, and is in, or after, and counts there too. */
void aet_busy_begin(void)
{
	uint32_t before = atomic_fetch_or(&own, IN_PAGE);

	if (!(before & IN_PAGE))
		atomic_fetch_add(&aet_lib.slot->busy, before / ONE);
}

void aet_busy_after_fork(void)
{
	atomic_fetch_and(&own, ~IN_PAGE);
	atomic_store(&forgotten, 0);
}

static void count(int by)
{
	uint32_t before = atomic_fetch_add(&own, (uint32_t)by * ONE);

	if (before & IN_PAGE)
		atomic_fetch_add(&aet_lib.slot->busy, (uint32_t)by);
}

/* Not the thread that dumps, which is the main one, in the child as well. */
static bool is_kept_waiting(void)
{
	return aet_state_is_taken() && (int)AET_SYS0(gettid) != aet_lib.owner;
}

/* Counted first: either the dump sees it, or it sees the dump, and begins when that is over. */
EXPORT void aeterna_busy(int by)
{
	count(by);
	while (by > 0 && is_kept_waiting()) {
		count(-by);
		while (is_kept_waiting())
			aet_state_wait_taken();
		count(by);
	}
}

static bool take_one(_Atomic uint32_t *from)
{
	uint32_t count = atomic_load(from);

	while (count > 0)
		if (atomic_compare_exchange_weak(from, &count, count - 1))
			return true;
	return false;
}

/*
 * Whose it was is not known. If somebody is detached it is taken for theirs, until they say that
 * they are no longer: their thread, or task, may notice much later that nobody listens. Remembered
 * first: who says so meanwhile finds it.
 */
void aet_busy_lost(void)
{
	atomic_fetch_add(&forgotten, 1);
	if (!take_one(&aet_lib.slot->detached))
		(void)take_one(&forgotten);
}

/* Who said so before the process joined, or before it was forked, is counted nowhere. */
EXPORT void aeterna_detached(int by)
{
	if (!aet_lib.slot)
		return;
	for (; by > 0; by--)
		atomic_fetch_add(&aet_lib.slot->detached, 1);
	for (; by < 0; by++)
		if (!take_one(&forgotten))
			(void)take_one(&aet_lib.slot->detached);
}
