#include "swap/gate.h"

#include <stdatomic.h>

#include "base/log.h"
#include "base/loop.h"
#include "process/member.h"
#include "service/service.h"
#include "state/state.h"
#include "swap/backlogs.h"
#include "swap/forecast.h"
#include "swap/handoff_queue.h"
#include "swap/phase_word.h"
#include "swap/precheck.h"
#include "swap/stop_names.h"
#include "swap/swap.h"

/* A snapshot has no candidate. Its word names one all the same, so that a process that undoes the
 * word, when the launcher dies, opens the gate. No generation ever has such a number, and each
 * gate has its own. */
#define NOBODY 0x8000000u

static uint64_t gated_word(void)
{
	static uint32_t serial;

	if (aet_swap.candidate)
		return aet_word(
			AET_PHASE_GATED, aet_swap.serving->number, aet_swap.candidate->number);
	serial = (serial + 1) % NOBODY;
	return aet_word(AET_PHASE_GATED, aet_swap.serving->number, NOBODY | serial);
}

static void leave_state_behind(void)
{
	aet_state_drop();
	if (aet_state_dumpers(aet_swap.serving) == 0)
		return;
	aet_log_warning("generation %u takes no state: what generation %u has is lost",
		aet_swap.candidate->number, aet_swap.serving->number);
	aet_swap.loses_state = true;
}

/* A program that cannot load the library is not gated: it gets TERM after the commit. */
void aet_act_gate(void)
{
	char detail[AET_SWAP_DETAIL];

	if (aet_swap.candidate &&
		aet_precheck_sandbox(aet_swap.candidate, detail, sizeof(detail)) < 0) {
		aet_swap_fail(AET_EVENT_UNDONE, "sandboxed", detail);
		return;
	}
	if (!aet_stop_names_are_safe(AET_EVENT_UNDONE, true))
		return;
	if (aet_swap.hands_over && aet_forecast_refuses(detail, sizeof(detail))) {
		aet_swap_fail(AET_EVENT_UNDONE, "dump_timeout", detail);
		return;
	}
	aet_swap.was_ever_ready = true;
	if (aet_swap.ready_us == 0)
		aet_swap.ready_us = aet_now_us();
	if (!aet_swap.hands_over)
		leave_state_behind();
	aet_swap.gated_us = aet_now_us();
	aet_phase_freeze(0);
	atomic_store(&aet_service.page->busy_policy,
		aet_swap.hands_over ? AET_BUSY_POLICY_WAIT : AET_BUSY_POLICY_NONE);
	if (!aet_phase_change(gated_word())) {
		aet_swap_fail(AET_EVENT_UNDONE, "gate_failed", "a process undid the swap");
		return;
	}
	aet_members_wake(aet_swap.serving->number);
	aet_backlogs_raise();
}

void aet_act_decide(void)
{
	/* Nobody could wake the candidate or ever gate it. It may have died just now. */
	if (aet_swap.candidate->has_joined && !aet_members_any(aet_swap.candidate->number)) {
		aet_swap_fail(AET_EVENT_UNDONE, "gate_failed",
			"no process of the new version is connected any more");
		return;
	}
	aet_queue_open_to(aet_swap.candidate, true);
	aet_queue_begin_trial();
	aet_phase_freeze_until(
		aet_now_ms() + aet_swap_config()->ready_after_ms, aet_swap.candidate->number);
	if (aet_phase_change(aet_word(AET_PHASE_OPEN, aet_swap.candidate->number, 0)))
		aet_swap_post(AET_EVENT_DECIDED);
	else
		aet_swap_fail(AET_EVENT_UNDONE, "gate_failed",
			"a process of the old generation undid the swap");
}

void aet_gate_open(void)
{
	uint32_t serving = aet_swap.serving->number;

	aet_phase_set(aet_word(
		AET_PHASE_OPEN, serving, aet_swap.candidate ? aet_swap.candidate->number : 0));
	atomic_store(&aet_service.page->busy_policy, AET_BUSY_POLICY_NONE);
	aet_phase_freeze(0);
	aet_members_wake(serving);
}
