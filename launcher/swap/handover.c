#include "swap/handover.h"

#include <stdatomic.h>
#include <stdio.h>

#include "aeterna/module.h"
#include "base/log.h"
#include "base/loop.h"
#include "process/ending.h"
#include "process/member.h"
#include "process/tree.h"
#include "service/service.h"
#include "service/waiter.h"
#include "state/attach.h"
#include "state/report.h"
#include "state/restore.h"
#include "state/snapshot_file.h"
#include "state/state.h"
#include "swap/answer.h"
#include "swap/beside.h"
#include "swap/dry_run.h"
#include "swap/gate.h"
#include "swap/handoff_queue.h"
#include "swap/inquire.h"
#include "swap/late_merge.h"
#include "swap/phase_word.h"
#include "swap/state_workers.h"
#include "swap/swap.h"

void aet_act_await_calm(void)
{
	aet_swap.ready_us = aet_now_us();
	aet_swap.was_ever_ready = true;
	aet_swap.hands_over = true;
	aet_state_workers_begin();
}

void aet_act_prepare_snapshot(void)
{
	aet_swap.hands_over = true;
	aet_state_prepare_copy(aet_swap.serving, aet_service.config->mechanism);
}

void aet_act_gate_at_once(void)
{
	aet_act_prepare_snapshot();
	aet_act_gate();
}

void aet_act_await_quiet(void)
{
}

void aet_act_prepare_stop(void)
{
	aet_swap.hands_over = true;
	if (aet_state_dumpers(aet_swap.serving) == 0)
		aet_attach_ask(aet_swap.serving, AET_ATTACH_ALL);
	aet_inquire_before_stop();
}

static struct aet_busy_count count_busy(void)
{
	struct aet_busy_count count;

	aet_members_count(aet_swap.serving->number, &count);
	return count;
}

/* The old generation answers detached requests to their end. */
static void let_detached_finish(void)
{
	unsigned detached = count_busy().detached;

	if (detached == 0 || aet_swap.is_busy || aet_swap.goal == AET_GOAL_SNAPSHOT)
		return;
	aet_swap.is_drained = true;
	atomic_store(&aet_service.page->busy_policy, AET_BUSY_POLICY_DETACHED);
	aet_log_info("%u requests in flight touch the state no more: generation %u finishes them",
		detached, aet_swap.serving->number);
}

/* It had the state, perhaps, and is no part of it any more: its end follows as an event. */
static bool is_serving_one_ending(void)
{
	return aet_swap.serving->pid == 0 || aet_tree_is_ending(aet_swap.serving->pid);
}

/* A generation that still has answers to finish goes on at the commit. */
static void freeze(void)
{
	bool ends = aet_swap.goal == AET_GOAL_COMMIT || aet_swap.goal == AET_GOAL_REPLACE;

	if (ends && !aet_swap.is_drained && aet_swap.serving->follows)
		aet_phase_freeze(aet_swap.serving->number);
	aet_beside_begin();
}

void aet_act_dump(void)
{
	bool goes_on = aet_swap.goal == AET_GOAL_SNAPSHOT && aet_swap.stop == AET_STOP_NONE;
	uint32_t flags = (aet_swap.goal == AET_GOAL_DRY_RUN ? AETERNA_COMPARE : 0) |
		(goes_on ? AETERNA_SNAPSHOT : 0) | (aet_swap.is_merged ? AETERNA_MERGED : 0);

	let_detached_finish();
	freeze();
	if (aet_state_begin_dump(aet_swap.serving, flags) < 0 && !is_serving_one_ending())
		aet_swap_fail(AET_EVENT_FAILED, "workers_changed",
			"a process with state came or went meanwhile");
}

/* Not where the old generation ends before there is another, or for a snapshot before a stop. */
static bool merges(void)
{
	enum aet_busy_rule rule = aet_swap_config()->on_busy;

	return (rule == AET_BUSY_AUTO || rule == AET_BUSY_MERGE) &&
		(aet_swap.goal == AET_GOAL_COMMIT || aet_swap.goal == AET_GOAL_DRY_RUN);
}

static void go_on_busy(enum aet_busy_policy policy, unsigned busy, const char *what)
{
	aet_log_warning("%u requests are in flight: %s", busy, what);
	atomic_store(&aet_service.page->busy_policy, policy);
}

void aet_act_dump_busy(void)
{
	unsigned busy = count_busy().unquiet;

	aet_swap.is_busy = true;
	aet_swap.is_merged = merges();
	aet_swap.is_drained = aet_swap.is_merged || aet_swap_config()->on_busy == AET_BUSY_DRAIN;
	if (aet_swap.is_merged)
		go_on_busy(AET_BUSY_POLICY_MERGE, busy,
			"they run to their end in the old generation, what they write is merged");
	else if (aet_swap.is_drained)
		go_on_busy(AET_BUSY_POLICY_DRAIN, busy,
			"they run to their end in the old generation, what they write is lost");
	else
		go_on_busy(AET_BUSY_POLICY_CUT, busy, "they are cut at the commit");
	aet_act_dump();
}

/* The old generation stands still since the dump, so the count is exact. */
void aet_handover_count_left(void)
{
	if (aet_swap.is_busy)
		aet_swap.left = count_busy();
}

void aet_act_load(void)
{
	aet_handover_count_left();
	/* A dry run needs the gate no longer, unless both generations share memory. */
	if (aet_swap.goal == AET_GOAL_DRY_RUN && aet_dry_run_may_open())
		aet_gate_open();
	if (aet_state_begin_load(aet_swap.candidate, false) < 0)
		aet_swap_fail(AET_EVENT_FAILED, "workers_changed",
			"a process of the new version that takes state came or went meanwhile");
}

void aet_act_let_go(void)
{
	aet_state_let_go();
	aet_gate_open();
	aet_log_debug("the program stood still for %.1f ms, and a copy of it writes the snapshot",
		(double)(aet_now_us() - aet_swap.gated_us) / 1000);
}

/* The answer says that it is on disk, if it is to be there. */
static void on_written(void *data, int result)
{
	aet_answer_snapshot((uint64_t)(uintptr_t)data, result);
}

static void log_snapshot(void)
{
	unsigned long long bytes = aet_state_kept_bytes();
	double ms = (double)(aet_now_us() - aet_swap.requested_us) / 1000;

	if (aet_swap.is_due)
		aet_log_debug("snapshot: %llu bytes, %.1f ms", bytes, ms);
	else
		aet_log_info("snapshot: %llu bytes, %.1f ms", bytes, ms);
}

void aet_act_keep_snapshot(void)
{
	aet_state_keep(true);
	/* Before a stop the program goes on when it has been told to end: nothing is written to its
	 * memory that the snapshot does not have. */
	if (aet_swap.stop == AET_STOP_NONE)
		aet_gate_open();
	aet_swap.skipped = 0;
	log_snapshot();
	aet_snapshot_file_write(
		on_written, (void *)(uintptr_t)aet_waiters_run(AET_WAITER_SNAPSHOT));
	aet_swap_end();
}

static void inherit(const char *what)
{
	struct aet_generation *dead = aet_swap.serving;
	struct aet_generation *next = aet_swap.candidate;

	aet_log_warning("generation %u ended during the swap: generation %u gets %s", dead->number,
		next->number, what);
	aet_swap.serving = next;
	aet_swap.candidate = NULL;
	aet_swap.awaits_state = true;
	aet_swap.has_cause = false;
	aet_phase_set(aet_word(AET_PHASE_LOADING, next->number, 0));
	atomic_store(&aet_service.page->busy_policy, AET_BUSY_POLICY_NONE);
	aet_queue_open_to(next, true);
	dead->handed_over = true;
	aet_generation_kill(dead);
}

void aet_act_inherit_kept(void)
{
	inherit("the state that is kept");
	aet_state_drop();
	aet_state_adopt_chosen();
	aet_swap.is_loading = false;
}

void aet_act_inherit_dumped(void)
{
	inherit("the state it had dumped");
	aet_swap.is_loading = true;
}

/* on_busy: close cuts detached requests as well. */
void aet_handover_record(uint64_t bytes)
{
	struct aet_last_swap *last = &aet_swap.last;

	last->with_state = true;
	last->state_bytes = bytes;
	if (aet_swap.is_drained)
		last->answers_drained = aet_swap.left.unquiet;
	else
		last->answers_cut = aet_swap.left.unquiet + aet_swap.left.detached;
	if (aet_swap.is_busy)
		aet_log_info("answers under way: %u cut, %u drained", last->answers_cut,
			last->answers_drained);
}

void aet_handover_keep(void)
{
	bool is_restored = aet_restore_chosen() != NULL;

	if (!aet_swap.hands_over) {
		aet_report_clear();
		aet_state_drop();
		return;
	}
	aet_handover_record(aet_state_bytes());
	aet_report_take();
	aet_state_workers_given(aet_swap.serving->number);
	aet_state_keep(false);
	if (aet_swap.is_merged)
		aet_late_merge_begin(is_restored);
}
