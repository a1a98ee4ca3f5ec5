/*
 * Work in flight that is no request (aeterna/module.h): counted in the page beside the requests, so
 * that a dump waits for it, and kept from beginning while there is one.
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
