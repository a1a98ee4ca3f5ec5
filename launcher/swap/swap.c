#include "swap/swap.h"

#include <stdio.h>

#include "base/loop.h"
#include "service/service.h"

struct aet_swap aet_swap;

const struct aet_config *aet_swap_config(void)
{
	return aet_swap.next_config ? aet_swap.next_config : aet_service.config;
}

void aet_swap_post(enum aet_swap_event event)
{
	if (aet_swap.inner == AET_EVENT_NONE)
		aet_swap.inner = event;
}

void aet_swap_set_cause(const char *reason, const char *detail)
{
	aet_swap.cause.reason = reason;
	(void)snprintf(
		aet_swap.cause.detail, sizeof(aet_swap.cause.detail), "%s", detail ? detail : "");
}

void aet_swap_fail(enum aet_swap_event event, const char *reason, const char *detail)
{
	aet_swap_set_cause(reason, detail);
	aet_swap_post(event);
}

void aet_swap_take_config(void)
{
	if (!aet_swap.next_config)
		return;
	aet_config_free(aet_service.config);
	aet_service.config = aet_swap.next_config;
	aet_swap.next_config = NULL;
}

void aet_swap_drop_config(void)
{
	aet_config_free(aet_swap.next_config);
	aet_swap.next_config = NULL;
}

static double ms_between(uint64_t from_us, uint64_t to_us)
{
	return from_us && to_us >= from_us ? (double)(to_us - from_us) / 1000.0 : -1;
}

void aet_swap_record(bool committed, const char *reason, const char *detail, uint32_t generation)
{
	uint64_t now = aet_now_us();
	struct aet_last_swap *last = &aet_swap.last;

	*last = (struct aet_last_swap){
		.known = true, .committed = committed, .generation = generation, .ended_us = now};
	(void)snprintf(last->reason, sizeof(last->reason), "%s", reason);
	(void)snprintf(last->detail, sizeof(last->detail), "%s", detail);
	last->boot_ms = ms_between(aet_swap.requested_us, aet_swap.ready_us);
	last->pause_ms = ms_between(aet_swap.gated_us, now);
	last->total_ms = ms_between(aet_swap.requested_us, now);
	if (committed)
		aet_swap.committed++;
	else
		aet_swap.rolled_back++;
}

void aet_swap_end(void)
{
	aet_swap.goal = AET_GOAL_NONE;
	aet_swap.is_due = false;
	aet_swap.candidate = NULL;
	aet_swap.hands_over = aet_swap.loses_state = false;
	aet_swap.is_busy = aet_swap.is_drained = aet_swap.is_merged = false;
}
