/*
 * What a swap came to: why it fails, while it is in hand, and how the last one went.
 */
#include <stdio.h>

#include "base/loop.h"
#include "supervisor.h"
#include "swap/swap_event.h"

static struct aet_swap_cause cause;

void aet_swap_set_cause(const char *reason, const char *detail)
{
	cause.reason = reason;
	(void)snprintf(cause.detail, sizeof(cause.detail), "%s", detail ? detail : "");
}

const struct aet_swap_cause *aet_swap_get_cause(void)
{
	return &cause;
}

static double ms_between(uint64_t from_us, uint64_t to_us)
{
	return from_us && to_us >= from_us ? (double)(to_us - from_us) / 1000.0 : -1;
}

void aet_swap_record(bool committed, const char *reason, const char *detail, uint32_t generation)
{
	uint64_t now = aet_now_us();
	struct aet_last_swap *last = &aet_sup.last;

	*last = (struct aet_last_swap){
		.known = true, .committed = committed, .generation = generation};
	(void)snprintf(last->reason, sizeof(last->reason), "%s", reason);
	(void)snprintf(last->detail, sizeof(last->detail), "%s", detail);
	last->boot_ms = ms_between(aet_sup.requested_us, aet_sup.ready_us);
	last->pause_ms = ms_between(aet_sup.gated_us, now);
	last->total_ms = ms_between(aet_sup.requested_us, now);
	if (committed)
		aet_sup.committed++;
	else
		aet_sup.rolled_back++;
}
