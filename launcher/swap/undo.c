#include "swap/undo.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/log.h"
#include "process/ending.h"
#include "process/member.h"
#include "service/service.h"
#include "service/waiter.h"
#include "state/restore.h"
#include "state/state.h"
#include "swap/answer.h"
#include "swap/awaited.h"
#include "swap/discard.h"
#include "swap/dry_run.h"
#include "swap/handoff_queue.h"
#include "swap/narrow.h"
#include "swap/phase_word.h"
#include "swap/ready.h"
#include "swap/request.h"
#include "swap/state_workers.h"
#include "swap/swap.h"

/* Every step of an undo works without memory, new descriptors or an answer. */
static void open_gate(void)
{
	uint32_t serving = aet_swap.serving->number;

	aet_queue_open_to(aet_swap.serving, false);
	aet_phase_set(aet_word(AET_PHASE_OPEN, serving, 0));
	atomic_store(&aet_service.page->busy_policy, AET_BUSY_POLICY_NONE);
	aet_phase_freeze(0);
	aet_members_wake(serving);
	if (aet_swap.goal == AET_GOAL_REPLACE)
		aet_queue_wake(); /* it gave its connections away, and takes them back */
}

static void give_up_candidate(void)
{
	struct aet_generation *candidate = aet_swap.candidate;

	aet_swap_drop_config();
	if (!candidate)
		return;
	aet_ready_forget(candidate->number);
	aet_narrow_follow(aet_swap.serving->number);
	aet_swap.candidate = NULL;
	aet_generation_kill(candidate);
}

/* The old generation serves already. True where those who wait for a reload are to be answered. */
static bool tell(const struct aet_swap_cause *cause, uint32_t number)
{
	switch (aet_swap.goal) {
	case AET_GOAL_SNAPSHOT:
		aet_answer_no_snapshot(cause->reason, cause->detail);
		return false;
	case AET_GOAL_DRY_RUN:
		aet_dry_run_fail(cause->reason, cause->detail);
		return false;
	case AET_GOAL_NONE:
	case AET_GOAL_COMMIT:
	case AET_GOAL_REPLACE:
	default:
		aet_swap_record(false, cause->reason, cause->detail, number);
		aet_log_error("swap undone, generation %u serves on: %s: %s",
			aet_swap.serving->number, cause->reason, cause->detail);
		return true;
	}
}

void aet_act_undo(void)
{
	uint32_t number = aet_swap.candidate ? aet_swap.candidate->number : aet_swap.last_number;
	bool answers;

	open_gate();
	aet_state_drop();
	answers = tell(&aet_swap.cause, number);
	give_up_candidate();
	aet_swap_end();
	if (answers)
		aet_answer_reload(); /* with a status that says "running" */
}

void aet_act_undo_to_stop(void)
{
	aet_swap_set_cause("stopped", "the launcher was told to stop");
	aet_act_undo();
	aet_act_remember_stop();
}

static void blame_timeout(void)
{
	char detail[AET_SWAP_DETAIL];
	struct aet_busy_count count;

	switch (aet_swap.state) {
	case AET_SWAP_BOOT:
		aet_swap_set_cause(
			aet_awaited_blame(aet_swap.candidate, detail, sizeof(detail)), detail);
		break;
	case AET_SWAP_SETTLE:
		aet_state_workers_blame();
		break;
	case AET_SWAP_QUIET:
		aet_members_count(aet_swap.serving->number, &count);
		(void)snprintf(detail, sizeof(detail),
			"%u requests were in flight still at the end of handoff.timeout",
			count.unquiet);
		aet_swap_set_cause("busy", detail);
		break;
	case AET_SWAP_DUMP:
	case AET_SWAP_ECHO:
		if (aet_state_is_awaited())
			aet_swap_set_cause("no_safe_point",
				"a process with state came to no blocking system call");
		else
			aet_swap_set_cause(
				"dump_timeout", "the state was not dumped within handoff.timeout");
		break;
	case AET_SWAP_COPY:
		aet_swap_set_cause(
			"dump_timeout", "the copy of the program did not write the state in time");
		break;
	case AET_SWAP_LOAD:
		if (aet_state_is_awaited())
			aet_swap_set_cause("no_safe_point",
				"a process of the new version came to no blocking system call");
		else
			aet_swap_set_cause("handoff_timeout",
				"the state was not loaded within handoff.timeout");
		break;
	case AET_SWAP_GATE:
	default:
		aet_swap_set_cause("gate_failed",
			"a process of the old generation did not stop taking requests");
	}
}

void aet_act_undo_late(void)
{
	blame_timeout();
	aet_act_undo();
}

void aet_act_undo_unclaimed(void)
{
	if (aet_restore_chosen()) {
		aet_swap_set_cause("load_failed", "no process of the new version takes state");
	} else {
		aet_state_workers_begin();
		aet_state_workers_blame();
	}
	aet_act_undo();
}

void aet_act_undo_and_mourn(void)
{
	/* The dump is whole, and nothing has changed since: the next start gets it. */
	if (aet_state_bytes() > 0 && !aet_dry_run_is_open())
		aet_state_keep(false);
	aet_swap_set_cause("exited",
		aet_swap.goal == AET_GOAL_DRY_RUN ? "the old generation ended during the dry run"
						  : "the program ended meanwhile");
	aet_act_undo();
	aet_swap.is_mourning = true;
}

void aet_act_retry_and_mourn(void)
{
	aet_log_warning(
		"generation %u ended during the swap, which begins anew", aet_swap.serving->number);
	aet_state_drop();
	give_up_candidate();
	aet_swap_end();
	aet_discard_repeat();
	aet_waiters_retry(AET_WAITER_RELOAD);
	aet_waiters_retry(AET_WAITER_RESTORE);
	aet_restore_offer_again();
	aet_swap.remembers_request = true;
	aet_swap.is_mourning = true;
}

static void end_dry_run(void)
{
	open_gate();
	aet_dry_run_tell();
	aet_state_drop();
	give_up_candidate();
	aet_swap_end();
}

void aet_act_conclude(void)
{
	aet_dry_run_conclude(false);
	end_dry_run();
}

void aet_act_compare(void)
{
	aet_dry_run_conclude(true);
	end_dry_run();
}
