/*
 * The swap as a table: state x event -> action. The decision itself is one compare-and-swap on
 * the phase word (phase.h); what is here merely prepares it, makes processes look, and counts.
 */
#include "swap/swap.h"

#include <stdatomic.h>

#include "control/control.h"
#include "swap/drain.h"
#include "process/generation.h"
#include "swap/stop_first.h"
#include "swap/handover.h"
#include "listen/listener.h"
#include "base/log.h"
#include "process/member.h"
#include "swap/handoff_queue.h"
#include "swap/precheck.h"
#include "swap/ready.h"
#include "swap/dry_run.h"
#include "swap/restart.h"
#include "swap/post_commit.h"
#include "swap/snapshot.h"
#include "supervisor.h"
#include "swap/swap_event.h"

#define POLL_MS       10 /* readiness nobody tells; repeated wakes until every process is shut */
#define STATE_POLL_MS 1 /* once it is gated, or about to be, clients wait */

static void begin(void);
static void remember_again(void);
static void gate(void);
static void commit(void);
static void undo(void);
static void time_out_boot(void);
static void time_out_gate(void);
static void time_out_state(void);
static void shut(void);

typedef void action(void);

/* NULL: the event means nothing here. Columns: enum aet_swap_event. */
static action *const transitions[AET_SWAP_STATES][AET_EVENTS] = {
	/* clang-format off */
	/*                   REQUEST         READY                SHUT   QUIET              DUMPED             LOADED  STATE_FAILED CANDIDATE_LOST SERVING_LOST        TIMEOUT */
	[AET_SWAP_NONE]   = {begin,          NULL,                NULL,  NULL,              NULL,              aet_restart_loaded, aet_restart_unloadable, NULL, aet_restart_or_end, NULL},
	[AET_SWAP_BOOT]   = {remember_again, aet_handover_settle, NULL,  NULL,              NULL,              NULL,   NULL,        undo,          aet_handover_orphan,time_out_boot},
	[AET_SWAP_SETTLE] = {remember_again, NULL,                NULL,  gate,              NULL,              NULL,   undo,        undo,          aet_handover_orphan,aet_handover_settled_late},
	[AET_SWAP_GATE]   = {remember_again, NULL,                shut,  NULL,              NULL,              NULL,   undo,        undo,          aet_handover_orphan,time_out_gate},
	[AET_SWAP_QUIET]  = {remember_again, NULL,                NULL,  aet_handover_dump, NULL,              NULL,   undo,        undo,          aet_handover_orphan,time_out_state},
	[AET_SWAP_DUMP]   = {remember_again, NULL,                NULL,  NULL,              aet_handover_load, NULL,   undo,        undo,          aet_handover_orphan,time_out_state},
	[AET_SWAP_LOAD]   = {remember_again, NULL,                NULL,  NULL,              NULL,              commit, undo,        undo,          aet_handover_orphan,time_out_state},
	[AET_SWAP_ECHO]   = {remember_again, NULL,                NULL,  NULL,              aet_dry_run_compare, NULL, undo,      undo,          aet_handover_orphan,time_out_state},
	[AET_SWAP_SNAP]   = {remember_again, NULL, aet_snapshot_shut, aet_snapshot_dump, aet_snapshot_keep, NULL, aet_snapshot_fail, NULL, aet_snapshot_lost,  aet_snapshot_late},
	[AET_SWAP_STOP_FIRST]   = {remember_again, NULL,                NULL,  NULL,              NULL,              NULL,   NULL,        NULL,          aet_stop_first_end,       aet_stop_first_kill},
	/* clang-format on */
};

void aet_swap_happen(enum aet_swap_event event)
{
	action *act = transitions[aet_sup.swap][event];

	if (act)
		act();
}

/* The swap is over, whichever way: timers off, the next one if it was asked for meanwhile. */
void aet_swap_finish(void)
{
	aet_sup.swap = AET_SWAP_NONE;
	aet_timer_stop(&aet_sup.swap_timer);
	aet_timer_stop(&aet_sup.poll_timer);
	aet_sup.candidate = NULL;
	aet_dry_run_end();
	if (aet_sup.again && !aet_sup.stopping) {
		aet_sup.again = false;
		(void)aet_swap_request();
	}
	aet_snapshot_resume();
}

static void refuse(const char *reason, const char *detail)
{
	aet_log_error("swap refused: %s: %s", reason, detail);
	aet_swap_record(false, reason, detail, aet_sup.last_number);
	aet_config_free(aet_sup.next_config);
	aet_sup.next_config = NULL;
	aet_dry_run_end();
	aet_control_answer_reload();
}

static void on_swap_timeout(struct aet_timer *timer)
{
	(void)timer;
	aet_swap_happen(AET_EVENT_TIMEOUT);
}

static void on_poll(struct aet_timer *timer)
{
	aet_timer_start(
		timer, aet_sup.swap > AET_SWAP_BOOT ? STATE_POLL_MS : POLL_MS, on_poll, NULL);
	if (aet_sup.swap == AET_SWAP_BOOT && aet_ready_is(aet_sup.candidate, true))
		aet_swap_happen(AET_EVENT_READY);
	else if (aet_sup.swap == AET_SWAP_GATE)
		aet_members_wake(aet_sup.serving->number);
	else if (aet_sup.swap == AET_SWAP_SNAP)
		aet_snapshot_poll();
	else
		aet_handover_poll();
}

void aet_swap_watch(uint64_t timeout_ms)
{
	aet_timer_start(&aet_sup.swap_timer, timeout_ms, on_swap_timeout, NULL);
	aet_timer_start(&aet_sup.poll_timer, STATE_POLL_MS, on_poll, NULL);
}

static int start_candidate(bool is_static)
{
	struct aet_generation *generation;
	uint32_t number = ++aet_sup.last_number;
	uint32_t serving = aet_sup.serving->number;
	int result;

	aet_drain_make_room();
	aet_queue_expect();
	atomic_store(&aet_sup.page->word, aet_word(AET_PHASE_OPEN, serving, number));
	result = aet_generation_start(aet_sup.next_config, number, true, is_static, &generation);
	if (result < 0) {
		(void)aet_page_abort(aet_sup.page);
		return result;
	}
	aet_sup.candidate = generation;
	aet_sup.swap = AET_SWAP_BOOT;
	aet_handover_prepare();
	/* The boot takes processor time from a program that may have a short queue. */
	aet_swap_raise_backlogs();
	aet_timer_start(
		&aet_sup.swap_timer, aet_sup.next_config->start_timeout_ms, on_swap_timeout, NULL);
	aet_timer_start(&aet_sup.poll_timer, POLL_MS, on_poll, NULL);
	aet_log_info("generation %u starts beside generation %u", number, serving);
	return 0;
}

/* Steps 0 and 1: look before anything is touched, then boot beside the old one. */
static void begin(void)
{
	struct aet_precheck check;

	aet_sup.requested_us = aet_now_us();
	aet_sup.ready_us = aet_sup.gated_us = 0;
	aet_timer_stop(&aet_sup.settle_timer);
	if (!aet_sup.serving) {
		aet_log_info("the program is being restarted already: the new version is taken");
		aet_restart_now();
		aet_control_answer_reload();
		return;
	}
	if (aet_precheck_swap(&check) < 0) {
		refuse(check.reason, check.detail);
		return;
	}
	if (!aet_sup.next_config->overlap && aet_dry_run_is_on()) {
		refuse("busy", "overlap: false: it cannot run twice, and so not be tried");
		return;
	}
	if (!aet_sup.next_config->overlap) {
		aet_stop_first_begin();
		return;
	}
	if (start_candidate(check.is_static) < 0)
		refuse("no_memory", "the new generation could not be started");
}

static void remember_again(void)
{
	if (!aet_sup.again)
		aet_log_info("a swap is in hand: one more follows it");
	aet_sup.again = true;
}

/* Step 4. A program that cannot be interposed is not gated: its TERM follows the commit. */
static void gate(void)
{
	uint64_t open =
		aet_word(AET_PHASE_OPEN, aet_sup.serving->number, aet_sup.candidate->number);
	uint64_t gated =
		aet_word(AET_PHASE_GATED, aet_sup.serving->number, aet_sup.candidate->number);
	char detail[AET_SWAP_DETAIL];

	if (aet_precheck_sandbox(aet_sup.candidate, detail, sizeof(detail)) < 0) {
		aet_swap_set_cause("sandboxed", detail);
		undo();
		return;
	}
	aet_sup.gated_us = aet_now_us();
	atomic_store(&aet_sup.page->busy_policy,
		aet_handover_is_on() ? AET_BUSY_POLICY_WAIT : AET_BUSY_POLICY_NONE);
	if (!atomic_compare_exchange_strong(&aet_sup.page->word, &open, gated))
		return; /* a process undid it: its death will be told */
	aet_sup.swap = AET_SWAP_GATE;
	aet_members_wake(aet_sup.serving->number);
	aet_swap_raise_backlogs();
	aet_swap_watch(aet_sup.next_config->handoff_timeout_ms);
	aet_swap_member_gated(aet_sup.serving->number);
}

static void take_over(bool kill_old)
{
	struct aet_generation *old = aet_sup.serving;

	aet_sup.moved = aet_sup.closed = aet_sup.stayed = 0;
	aet_sup.serving = aet_sup.candidate;
	aet_sup.serving->was_ready = true;
	AET_FOREACH_LISTENER(l)
		l->backlog = l->next_backlog;
	aet_members_wake(aet_sup.serving->number);
	aet_config_free(aet_sup.config);
	aet_sup.config = aet_sup.next_config;
	aet_sup.next_config = NULL;
	if (old && old->state != AET_GENERATION_FREE) {
		aet_members_wake(old->number);
		old->handed_over = aet_handover_is_on();
		aet_drain_begin(old, kill_old);
	}
}

/* Nothing new comes in. Without state that is all there was to wait for. */
static void shut(void)
{
	if (aet_handover_is_on())
		aet_handover_await_quiet();
	else
		commit();
}

/* Step 7: the one instant at which the new generation becomes the service. */
static void commit(void)
{
	uint64_t gated =
		aet_word(AET_PHASE_GATED, aet_sup.serving->number, aet_sup.candidate->number);
	uint64_t decided = aet_word(AET_PHASE_OPEN, aet_sup.candidate->number, 0);

	if (aet_dry_run_is_on()) {
		aet_dry_run_loaded();
		return;
	}
	aet_queue_open_to(aet_sup.candidate, true);
	if (aet_handover_is_orphan()) {
		atomic_store(&aet_sup.page->word, decided); /* nobody is there to undo it */
	} else if (!atomic_compare_exchange_strong(&aet_sup.page->word, &gated, decided)) {
		aet_swap_set_cause("gate_failed", "a process of the old generation undid the swap");
		undo();
		return;
	}
	aet_swap_record(true, "", "", aet_sup.candidate->number);
	aet_sup.last.word = decided;
	take_over(aet_handover_kills_old());
	aet_handover_end(true);
	aet_log_info("generation %u serves: boot %.1f ms, pause %.1f ms, total %.1f ms",
		aet_sup.serving->number, aet_sup.last.boot_ms, aet_sup.last.pause_ms,
		aet_sup.last.total_ms);
	aet_settle_begin();
	aet_swap_finish();
}

/* Before commit: the old generation goes on as if nothing had happened. */
static void undo(void)
{
	struct aet_generation *candidate = aet_sup.candidate;
	const struct aet_swap_cause *cause = aet_swap_get_cause();
	bool is_orphan = aet_handover_is_orphan();

	(void)aet_page_abort(aet_sup.page);
	aet_queue_open_to(aet_sup.serving, false);
	aet_members_wake(aet_sup.serving->number);
	aet_swap_record(false, cause->reason, cause->detail, candidate->number);
	if (!aet_dry_run_is_on())
		aet_log_error("swap undone, generation %u serves on: %s: %s",
			aet_sup.serving->number, cause->reason, cause->detail);
	aet_handover_end(false);
	aet_ready_forget(candidate->number);
	aet_sup.candidate = NULL;
	aet_config_free(aet_sup.next_config);
	aet_sup.next_config = NULL;
	if (!aet_dry_run_is_on()) /* who asked for a swap meanwhile waits for that one */
		aet_control_answer_reload();
	aet_generation_kill(candidate);
	aet_sup.again = aet_sup.again && !is_orphan;
	aet_swap_finish();
	if (is_orphan)
		aet_restart_or_end();
}

static void time_out_boot(void)
{
	char detail[AET_SWAP_DETAIL];

	aet_swap_set_cause(aet_ready_missing(aet_sup.candidate, detail, sizeof(detail)), detail);
	undo();
}

static void time_out_gate(void)
{
	aet_swap_set_cause(
		"gate_failed", "a process of the old generation did not stop taking requests");
	undo();
}

static void time_out_state(void)
{
	if (!aet_handover_is_late())
		undo();
}

/* Nobody serves but the candidate: it does not have to be ready to be better than nothing. */
void aet_swap_promote(void)
{
	aet_log_warning("generation %u ended during the swap: generation %u takes over",
		aet_sup.serving->number, aet_sup.candidate->number);
	aet_queue_open_to(aet_sup.candidate, true);
	atomic_store(&aet_sup.page->word, aet_word(AET_PHASE_OPEN, aet_sup.candidate->number, 0));
	aet_swap_record(
		true, "", "the old generation ended during the swap", aet_sup.candidate->number);
	take_over(false);
	aet_handover_end(false);
	aet_control_answer_reload();
	aet_swap_finish();
}

bool aet_swap_request(void)
{
	unsigned undone = aet_sup.rolled_back;

	aet_swap_happen(AET_EVENT_REQUEST);
	return aet_sup.swap != AET_SWAP_NONE || aet_sup.rolled_back == undone;
}

void aet_swap_abandon(const char *reason, const char *detail)
{
	aet_swap_set_cause(reason, detail);
	if (aet_sup.candidate && aet_sup.serving)
		undo();
}
