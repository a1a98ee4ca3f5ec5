#include "swap/restart.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/last_words.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/manager.h"
#include "listen/listener.h"
#include "process/member.h"
#include "process/stillborn.h"
#include "service/service.h"
#include "state/attach.h"
#include "state/report.h"
#include "state/state.h"
#include "swap/awaited.h"
#include "swap/commit.h"
#include "swap/drain.h"
#include "swap/handoff_queue.h"
#include "swap/handover.h"
#include "swap/inquire.h"
#include "swap/outside.h"
#include "swap/phase_word.h"
#include "swap/precheck.h"
#include "swap/state_workers.h"
#include "swap/stop_first.h"
#include "swap/swap.h"
#include "util.h"

#define MISSING_MS 2000 /* the shortest wait for processes that are to take state */

static uint64_t loading_since_ms;

#define ATTACH_AFTER_MS 500

static void start_with(const struct aet_config *config, bool is_static)
{
	uint32_t number = ++aet_swap.last_number;
	int result;

	aet_state_adopt_chosen();
	aet_swap.awaits_state = aet_state_is_kept() && !is_static;
	aet_swap.is_loading = aet_swap.has_cause = false;
	aet_swap.loaded_ms = aet_swap.proven_ms = 0;
	aet_attach_forget();
	aet_drain_make_room();
	aet_last_words_begin();
	aet_stillborn_begin(NULL);
	aet_phase_set(
		aet_word(aet_swap.awaits_state ? AET_PHASE_LOADING : AET_PHASE_OPEN, number, 0));
	result = aet_generation_start(
		config, number, aet_swap.awaits_state, is_static, &aet_swap.serving);
	if (result == 0) {
		aet_outside_watch(aet_swap.serving);
		return;
	}
	aet_swap.serving = NULL;
	aet_log_error("the program could not be started: %s", strerror(-result));
	aet_swap_fail(AET_EVENT_SERVING_LOST, "no_memory", strerror(-result));
}

void aet_act_start(void)
{
	struct aet_precheck check;

	if (aet_precheck_restart(&check) < 0)
		aet_log_error("%s: %s", check.reason, check.detail);
	start_with(aet_service.config, check.is_static);
}

void aet_act_start_new(void)
{
	aet_log_info("nobody serves: the new version starts at once");
	start_with(aet_swap.next_config, aet_swap.candidate_is_static);
}

void aet_act_start_next(void)
{
	struct aet_generation *old = aet_swap.serving;

	aet_swap.serving = NULL;
	aet_stop_first_bury(old);
	start_with(aet_swap.next_config, aet_swap.candidate_is_static);
}

/* Its processes join one by one; a process that never asks for state never joins. */
static void look_who_is_missing(void)
{
	const struct aet_generation *serving = aet_swap.serving;
	uint64_t boot_ms = loading_since_ms - serving->born_ms;
	unsigned loaders = aet_state_loaders(serving);
	char detail[AET_SWAP_DETAIL];

	if (aet_now_ms() < loading_since_ms + AET_MAX(boot_ms, (uint64_t)MISSING_MS))
		return;
	(void)snprintf(detail, sizeof(detail),
		"the state of %u processes is kept, and %u processes of generation %u take state",
		aet_state_kept_pieces(), loaders, serving->number);
	aet_swap_fail(AET_EVENT_FAILED, loaders > 0 ? "workers_changed" : "state_missing", detail);
}

/* A module with state may be imported later than the program serves. Workers come by themselves. */
static void look_for_loaders(void)
{
	unsigned missing = aet_state_kept_pieces() - aet_state_loaders(aet_swap.serving);

	if (aet_attach_has_asked(aet_swap.serving))
		(void)aet_attach_is_awaited(aet_swap.serving);
	else if (missing > 0 && aet_now_ms() - aet_swap.serving->born_ms > ATTACH_AFTER_MS)
		aet_attach_ask(aet_swap.serving, missing);
}

void aet_restart_go_on_loading(void)
{
	if (!aet_swap.is_loading && aet_state_begin_load(aet_swap.serving, true) == 0)
		aet_swap.is_loading = true;
	if (!aet_swap.is_loading)
		look_for_loaders();
	if (aet_swap.is_loading)
		aet_state_nudge();
	else
		look_who_is_missing();
}

void aet_act_load_kept(void)
{
	loading_since_ms = aet_now_ms();
	aet_restart_go_on_loading();
}

/* Commits the swap that waited for this generation. */
static void commit_replacement(struct aet_generation *serving)
{
	uint64_t now_ms = aet_now_ms();

	aet_swap_take_config();
	aet_swap.ready_us = aet_now_us();
	aet_swap.moved = aet_swap.closed = aet_swap.stayed = 0;
	aet_swap_record(true, "", "", serving->number);
	aet_swap.last.boot_ms = (double)(now_ms - serving->born_ms);
	aet_swap.last.word = aet_phase_now();
	if (aet_swap.awaits_state)
		aet_handover_record(aet_state_kept_bytes());
	aet_commit_note_state();
	aet_drain_wake();
}

void aet_act_serve(void)
{
	struct aet_generation *serving = aet_swap.serving;

	serving->was_ready = aet_swap.was_ever_ready = true;
	aet_stillborn_serves(serving);
	if (!aet_swap.awaits_state)
		aet_report_clear();
	if (aet_swap.goal != AET_GOAL_NONE)
		commit_replacement(serving);
	aet_queue_open_to(serving, false);
	aet_queue_wake();
	AET_FOREACH_LISTENER(l)
		l->backlog = l->next_backlog;
	aet_swap.proven_ms = aet_now_ms() + aet_service.config->ready_after_ms;
	aet_swap.awaits_state = aet_swap.is_loading = false;
	aet_swap_end();
	aet_inquire_names();
	aet_manager_tell("READY=1");
	aet_log_info("generation %u serves after %u ms", serving->number,
		(unsigned)(aet_now_ms() - serving->born_ms));
}

void aet_act_serve_loaded(void)
{
	uint32_t number = aet_swap.serving->number;

	aet_log_info("generation %u has the state of %.1f s ago, %llu bytes", number,
		(double)aet_state_kept_age_us() / 1e6, (unsigned long long)aet_state_kept_bytes());
	aet_swap.loaded_ms = aet_now_ms();
	aet_state_workers_given(number);
	aet_report_take();
	aet_state_end_load();
	aet_phase_set(aet_word(AET_PHASE_OPEN, number, 0));
	aet_members_wake(number);
	aet_act_serve();
}

static void kill_serving(void)
{
	aet_swap.has_cause = true;
	(void)aet_generation_signal(aet_swap.serving, SIGKILL);
}

void aet_act_reject(void)
{
	aet_log_error("generation %u did not take the kept state: %s: %s", aet_swap.serving->number,
		aet_swap.cause.reason, aet_swap.cause.detail);
	aet_state_end_load();
	aet_swap.is_loading = true; /* do not begin the load again */
	kill_serving();
}

void aet_act_kill_late(void)
{
	char detail[AET_SWAP_DETAIL];

	if (!aet_swap.has_cause && aet_swap.state == AET_SWAP_RESTORE)
		aet_swap_set_cause("handoff_timeout", "it did not load the kept state in time");
	else if (!aet_swap.has_cause)
		aet_swap_set_cause(
			aet_awaited_blame(aet_swap.serving, detail, sizeof(detail)), detail);
	if (!aet_swap.has_cause)
		aet_log_error("generation %u is killed: %s", aet_swap.serving->number,
			aet_swap.cause.detail);
	kill_serving();
}
