#include "swap/handover.h"

#include <stdatomic.h>
#include <stdio.h>

#include "aeterna/wire.h"
#include "swap/state_workers.h"
#include "base/log.h"
#include "process/member.h"
#include "phase.h"
#include "state/prefault.h"
#include "swap/dry_run.h"
#include "state/state.h"
#include "supervisor.h"
#include "swap/swap.h"
#include "swap/swap_event.h"

static bool is_on; /* this swap hands state over */
static bool is_busy; /* and did not wait for all answers: on_busy */
static bool is_orphan; /* the generation that serves died meanwhile */
static bool is_drained; /* the old generation goes on after the commit, with what is in flight */
static struct aet_busy_count left; /* in flight when it was dumped */
static struct aet_timer probation_timer;

static const struct aet_config *config(void)
{
	return aet_sup.next_config;
}

static unsigned busy(void)
{
	struct aet_busy_count count;

	aet_members_count(aet_sup.serving->number, &count);
	return count.unquiet;
}

/* Streams that touch the state no more are served to their end by the old generation. */
static void let_detached_finish(void)
{
	struct aet_busy_count count;

	aet_members_count(aet_sup.serving->number, &count);
	if (count.detached == 0 || is_busy)
		return;
	is_drained = true;
	atomic_store(&aet_sup.page->busy_policy, AET_BUSY_POLICY_DETACHED);
	aet_log_info("%u requests in flight touch the state no more: generation %u finishes them",
		count.detached, aet_sup.serving->number);
}

void aet_handover_prepare(void)
{
	is_on = is_busy = is_drained = is_orphan = false;
	left = (struct aet_busy_count){0};
	aet_state_prepare(aet_sup.serving, config()->mechanism);
}

bool aet_handover_is_on(void)
{
	return is_on;
}

bool aet_handover_kills_old(void)
{
	return is_on && !is_drained;
}

/* The candidate is ready. Whether there is anything to hand over shows now. */
void aet_handover_settle(void)
{
	unsigned dumpers = aet_state_dumpers(aet_sup.serving);

	aet_sup.ready_us = aet_now_us();
	is_on = dumpers > 0;
	if (is_on && aet_state_loaders(aet_sup.candidate) == 0) {
		aet_log_warning("generation %u takes no state: what generation %u has is lost",
			aet_sup.candidate->number, aet_sup.serving->number);
		aet_dry_run_lose();
		is_on = false;
	}
	aet_sup.swap = AET_SWAP_SETTLE;
	if (dumpers == 0 && aet_sup.config->state && aet_sup.config->state[0]) {
		aet_swap_set_cause("dump_failed",
			"handoff.state is set, and no process of the program has taken it up: "
			"none has imported such a module, or python -I or -E keeps PYTHONPATH out");
		aet_swap_happen(AET_EVENT_STATE_FAILED);
		return;
	}
	if (!is_on) {
		aet_state_drop();
		aet_swap_happen(AET_EVENT_QUIET);
		return;
	}
	aet_state_workers_begin();
	aet_swap_watch(config()->settle_timeout_ms);
	aet_handover_poll();
}

void aet_handover_await_quiet(void)
{
	aet_sup.swap = AET_SWAP_QUIET;
	aet_handover_poll();
}

/* True when as many processes wait for a state as have one. More memory is made for a crew that has
 * grown since the swap began. */
static bool is_crew_whole(void)
{
	switch (aet_state_workers_look(false)) {
	case AET_STATE_WORKERS_WHOLE:
		if (aet_state_dumpers(aet_sup.serving) != aet_state_pieces())
			aet_state_prepare(aet_sup.serving, config()->mechanism);
		return true;
	case AET_STATE_WORKERS_CHANGED:
		aet_swap_happen(AET_EVENT_STATE_FAILED);
		return false;
	case AET_STATE_WORKERS_AWAITED:
	default:
		return false;
	}
}

void aet_handover_settled_late(void)
{
	bool is_whole = !is_on || aet_state_workers_look(true) == AET_STATE_WORKERS_WHOLE;

	aet_swap_happen(is_whole ? AET_EVENT_QUIET : AET_EVENT_STATE_FAILED);
}

void aet_handover_poll(void)
{
	switch (aet_sup.swap) {
	case AET_SWAP_BOOT:
		aet_state_ask_again(aet_sup.serving);
		break;
	case AET_SWAP_SETTLE:
		if (is_crew_whole() && !aet_prefault_is_running() && busy() == 0)
			aet_swap_happen(AET_EVENT_QUIET);
		break;
	case AET_SWAP_GATE:
		aet_members_wake(aet_sup.serving->number);
		break;
	case AET_SWAP_QUIET:
		if (busy() == 0)
			aet_swap_happen(AET_EVENT_QUIET);
		break;
	case AET_SWAP_DUMP:
	case AET_SWAP_LOAD:
	case AET_SWAP_ECHO:
		aet_state_nudge();
		break;
	default:
		break;
	}
}

void aet_handover_dump(void)
{
	aet_sup.swap = AET_SWAP_DUMP;
	let_detached_finish();
	if (aet_state_begin_dump(aet_sup.serving) == 0)
		return;
	aet_swap_set_cause("workers_changed", "a process with state came or went meanwhile");
	aet_swap_happen(AET_EVENT_STATE_FAILED);
}

void aet_handover_load(void)
{
	/* From the dump on the old generation stands still. */
	if (is_busy)
		aet_members_count(aet_sup.serving->number, &left);
	aet_sup.swap = AET_SWAP_LOAD;
	if (aet_dry_run_is_on())
		aet_dry_run_dumped();
	if (aet_state_begin_load(aet_sup.candidate) == 0)
		return;
	aet_swap_set_cause("workers_changed",
		"a process of the new version that takes state came or went meanwhile");
	aet_swap_happen(AET_EVENT_STATE_FAILED);
}

bool aet_handover_is_orphan(void)
{
	return is_orphan;
}

void aet_handover_orphan(void)
{
	enum aet_swap_state during = aet_sup.swap;

	if (aet_dry_run_is_on()) {
		aet_dry_run_orphan();
		is_orphan = true;
		aet_swap_abandon("exited", "the old generation ended during the dry run");
		return;
	}
	if (during != AET_SWAP_LOAD && !aet_state_is_kept()) {
		aet_swap_promote();
		return;
	}
	is_orphan = true;
	aet_log_warning("generation %u ended during the swap: generation %u gets %s",
		aet_sup.serving->number, aet_sup.candidate->number,
		during == AET_SWAP_LOAD ? "the state it had dumped" : "the state that is kept");
	if (during == AET_SWAP_LOAD)
		return;
	if (during == AET_SWAP_BOOT) {
		aet_swap_abandon("exited", "the old generation ended during the swap");
		return;
	}
	aet_state_drop();
	is_on = true;
	aet_swap_watch(config()->handoff_timeout_ms);
	aet_handover_load();
}

static bool go_on_busy(void)
{
	char detail[160];

	if (config()->on_busy == AET_BUSY_ROLLBACK) {
		(void)snprintf(detail, sizeof(detail),
			"%u requests were in flight still at the end of handoff.timeout", busy());
		aet_swap_set_cause("busy", detail);
		return false;
	}
	is_busy = true;
	is_drained = config()->on_busy == AET_BUSY_DRAIN;
	aet_log_warning("%u requests are in flight: %s", busy(),
		is_drained ? "they run to their end in the old generation, what they write is lost"
			   : "they are cut at the commit");
	atomic_store(&aet_sup.page->busy_policy,
		is_drained ? AET_BUSY_POLICY_DRAIN : AET_BUSY_POLICY_CUT);
	aet_swap_watch(config()->handoff_timeout_ms);
	aet_handover_dump();
	return true;
}

bool aet_handover_is_late(void)
{
	switch (aet_sup.swap) {
	case AET_SWAP_QUIET:
		return go_on_busy();
	case AET_SWAP_DUMP:
	case AET_SWAP_ECHO:
		aet_state_blame_late_dump();
		return false;
	case AET_SWAP_LOAD:
	default:
		if (aet_state_is_awaited())
			aet_swap_set_cause("no_safe_point",
				"a process of the new version came to no blocking system call");
		else
			aet_swap_set_cause("handoff_timeout",
				"the state was not loaded within handoff.timeout");
		return false;
	}
}

/* The new generation lives: only what was kept on demand outlasts it. */
static void on_lasted(struct aet_timer *timer)
{
	(void)timer;
	if (!aet_sup.serving || !aet_sup.serving->was_ready)
		aet_handover_on_probation();
	else if (!aet_state_is_snapshot())
		aet_state_forget();
}

void aet_handover_on_probation(void)
{
	aet_timer_start(&probation_timer, aet_sup.config->ready_after_ms, on_lasted, NULL);
}

/* Where all are cut, so are those that are detached. */
static void record(void)
{
	struct aet_last_swap *last = &aet_sup.last;

	last->with_state = true;
	last->state_bytes = aet_state_bytes();
	if (is_drained)
		last->answers_drained = left.unquiet;
	else
		last->answers_cut = left.unquiet + left.detached;
	if (is_busy)
		aet_log_info("answers under way: %u cut, %u drained", last->answers_cut,
			last->answers_drained);
}

void aet_handover_end(bool committed)
{
	if (!committed)
		atomic_store(&aet_sup.page->busy_policy, AET_BUSY_POLICY_NONE);
	if (is_on && committed) {
		record();
		aet_state_workers_given(aet_sup.serving->number);
	}
	if (!committed && is_orphan && aet_state_bytes() > 0) {
		aet_state_keep(false);
	} else if (committed && is_on) {
		aet_state_keep(false);
		aet_handover_on_probation();
	} else {
		aet_state_drop();
	}
	is_on = is_orphan = false;
}
