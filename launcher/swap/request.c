#include "swap/request.h"

#include <stdio.h>

#include "base/log.h"
#include "base/loop.h"
#include "service/service.h"
#include "service/waiter.h"
#include "state/restore.h"
#include "state/state.h"
#include "state/state_set.h"
#include "swap/answer.h"
#include "swap/discard.h"
#include "swap/dry_run.h"
#include "swap/frozen.h"
#include "swap/guard.h"
#include "swap/precheck.h"
#include "swap/swap.h"

void aet_act_wait_on(void)
{
}

static void begin(enum aet_swap_goal goal, enum aet_waiter_kind kind)
{
	aet_swap_end();
	aet_swap.goal = goal;
	aet_swap.left = (struct aet_busy_count){0};
	aet_swap.requested_us = aet_now_us();
	aet_swap.ready_us = aet_swap.gated_us = 0;
	aet_waiters_begin(kind);
}

static bool look_at_next_version(void)
{
	struct aet_precheck check;

	if (aet_precheck_swap(&check) < 0) {
		aet_swap_fail(AET_EVENT_REFUSED, check.reason, check.detail);
		return false;
	}
	aet_swap.candidate_is_static = check.is_static;
	aet_swap.candidate_is_exclusive = check.is_exclusive;
	return true;
}

/* A restore needs as many processes with state as wrote it, and puts aside what they have now. */
static bool can_restore(void)
{
	const struct aet_state_set *chosen = aet_restore_chosen();
	unsigned dumpers = aet_swap.serving ? aet_state_dumpers(aet_swap.serving) : 0;
	char detail[AET_SWAP_DETAIL];

	if (!chosen || !aet_swap.serving || dumpers == chosen->count)
		return true;
	(void)snprintf(detail, sizeof(detail),
		"the state to restore is that of %u processes, and %u processes with state serve",
		chosen->count, dumpers);
	aet_swap_fail(AET_EVENT_REFUSED, "workers_changed", detail);
	return false;
}

/* overlap: false: later is too late to refuse, because the old generation has ended by then. */
static void look_at_stop_first(void)
{
	if (aet_guard_discards())
		aet_swap_post(AET_EVENT_CHECKED);
	else if (aet_guard_stops_with_state() && aet_swap.candidate_is_static)
		aet_swap_fail(AET_EVENT_REFUSED, "state_missing",
			"the new version is a static program, which takes no state");
	else
		aet_swap_post(AET_EVENT_CHECKED);
}

void aet_act_look(void)
{
	aet_swap.remembers_request = false;
	aet_discard_begin();
	begin(AET_GOAL_COMMIT, AET_WAITER_RELOAD);
	if (aet_restore_choose())
		aet_waiters_begin(AET_WAITER_RESTORE);
	if (!look_at_next_version() || !can_restore())
		return;
	if (!aet_swap.serving || aet_swap.next_config->overlap) {
		aet_swap_post(AET_EVENT_CHECKED);
		return;
	}
	aet_swap.goal = AET_GOAL_REPLACE;
	look_at_stop_first();
}

/* Where too many generations drain, a swap kills the oldest; a dry run must change nothing. */
static bool has_room(void)
{
	int count = 0;

	AET_FOREACH_GENERATION(g)
		count += g != aet_swap.serving && g->state != AET_GENERATION_KILLED;
	return count < AET_DRAINING_MAX;
}

void aet_act_look_dry(void)
{
	aet_swap.remembers_try = false;
	begin(AET_GOAL_DRY_RUN, AET_WAITER_DRY_RUN);
	aet_dry_run_begin();
	if (!has_room())
		aet_swap_fail(AET_EVENT_REFUSED, "busy", "as many older generations drain as may");
	else if (!look_at_next_version())
		return;
	else if (!aet_swap.next_config->overlap)
		aet_swap_fail(AET_EVENT_REFUSED, "busy",
			"overlap: false: it cannot run twice, and so not be tried");
	else
		aet_swap_post(AET_EVENT_CHECKED);
}

void aet_act_remember_stop(void)
{
	aet_log_info("stopping: a snapshot is taken first");
	aet_frozen_retire("the launcher stops"); /* no gate shuts beside it */
	aet_swap.stop = AET_STOP_DUMPS;
}

void aet_act_answer_to_stop(void)
{
	aet_answer_reload();
	aet_act_remember_stop();
}

void aet_act_look_last(void)
{
	aet_swap.stop = AET_STOP_NOW;
	aet_act_look_snapshot();
}

void aet_act_look_due(void)
{
	begin(AET_GOAL_SNAPSHOT, AET_WAITER_SNAPSHOT);
	aet_swap.is_due = true;
	if (aet_members_busy(aet_swap.serving->number) > 0)
		aet_swap_fail(AET_EVENT_REFUSED, "busy", "requests came in");
	else
		aet_swap_post(AET_EVENT_CHECKED);
}

void aet_act_look_snapshot(void)
{
	aet_swap.remembers_snapshot = false;
	begin(AET_GOAL_SNAPSHOT, AET_WAITER_SNAPSHOT);
	if (aet_state_dumpers(aet_swap.serving) == 0)
		aet_swap_fail(AET_EVENT_REFUSED, "dump_failed",
			"no process of the program has state to dump");
	else
		aet_swap_post(AET_EVENT_CHECKED);
}

void aet_act_refuse(void)
{
	const struct aet_swap_cause *cause = &aet_swap.cause;
	bool answers = false;

	aet_swap_drop_config();
	switch (aet_swap.goal) {
	case AET_GOAL_DRY_RUN:
		aet_dry_run_fail(cause->reason, cause->detail);
		break;
	case AET_GOAL_SNAPSHOT:
		aet_answer_no_snapshot(cause->reason, cause->detail);
		break;
	case AET_GOAL_NONE:
	case AET_GOAL_COMMIT:
	case AET_GOAL_REPLACE:
	default:
		aet_log_error("swap refused: %s: %s", cause->reason, cause->detail);
		aet_swap_record(false, cause->reason, cause->detail, aet_swap.last_number);
		answers = true;
	}
	aet_swap_end();
	if (answers)
		aet_answer_reload();
}

/* What a request waits for; NULL: nothing, it begins at once. */
static const char *what_comes_first(void)
{
	if (aet_swap.state == AET_SWAP_PROOF || aet_swap.state == AET_SWAP_PROBATION)
		return aet_frozen_get() ? "the last swap is not settled yet: one more follows it"
					: NULL;
	switch (aet_swap.goal) {
	case AET_GOAL_NONE:
		return "the program starts: a swap follows it";
	case AET_GOAL_DRY_RUN:
		return "a dry run is in hand: a swap follows it";
	case AET_GOAL_SNAPSHOT:
		return "a snapshot is in hand: a swap follows it";
	case AET_GOAL_COMMIT:
	case AET_GOAL_REPLACE:
	default:
		return "a swap is in hand: one more follows it";
	}
}

void aet_act_remember(void)
{
	const char *first = what_comes_first();

	if (first && !aet_swap.remembers_request)
		aet_log_info("%s", first);
	aet_swap.remembers_request = true;
}

void aet_act_remember_try(void)
{
	aet_swap.remembers_try = true;
}

void aet_act_remember_snapshot(void)
{
	aet_swap.remembers_snapshot = true;
}

void aet_act_say_busy(void)
{
	aet_waiters_refuse(AET_WAITER_DRY_RUN,
		&(struct aet_answer){.exit_code = 1,
			.line = aet_swap.state == AET_SWAP_PROOF
				? "busy: the last swap is not settled yet"
				: "busy: the launcher is starting or swapping"});
}

void aet_act_refuse_snapshot(void)
{
	aet_refuse_snapshot("stopped", "the program does not serve at the moment");
}

void aet_act_say_stopping(void)
{
	aet_answer_stopping();
}
