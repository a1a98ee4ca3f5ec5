#include "swap/restart.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "control/control.h"
#include "swap/state_workers.h"
#include "swap/drain.h"
#include "swap/handover.h"
#include "listen/listener.h"
#include "base/log.h"
#include "process/member.h"
#include "swap/handoff_queue.h"
#include "swap/precheck.h"
#include "swap/ready.h"
#include "state/state.h"
#include "supervisor.h"
#include "swap/swap.h"
#include "swap/swap_event.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MOST_MS  5000
#define LASTING_MS       10000 /* a run this long forgives earlier failures */
#define READY_POLL_MS    50
#define LOAD_POLL_MS     2

static bool replacing; /* overlap: false: a swap waits for the outcome */
static bool ever_ready; /* some generation was: the next one can be expected to be */
static bool loading; /* the serving generation waits for the state that is kept */
static bool load_begun;
static uint64_t loaded_ms; /* when it had it; 0: it was started without */
static struct aet_timer start_timer;
static const char *late_reason; /* the serving generation is killed for not being ready */
static char late_detail[160];

static int exit_code_of(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void describe(const struct aet_generation *generation, char *text, size_t size)
{
	if (WIFSIGNALED(generation->status))
		(void)snprintf(text, size, "generation %u was ended by signal %d (%s)",
			generation->number, WTERMSIG(generation->status),
			strsignal(WTERMSIG(generation->status)));
	else
		(void)snprintf(text, size, "generation %u exited with status %d",
			generation->number, WEXITSTATUS(generation->status));
}

static void on_restart(struct aet_timer *timer)
{
	(void)timer;
	(void)aet_restart_now();
}

static void restart_later(void)
{
	uint64_t wait = 0;

	for (unsigned i = 1; i < aet_sup.failures; i++)
		wait = wait ? wait * 2 : BACKOFF_FIRST_MS;
	if (wait > BACKOFF_MOST_MS)
		wait = BACKOFF_MOST_MS;
	aet_swap_raise_backlogs();
	if (wait > 0)
		aet_log_info("the next try is in %u ms", (unsigned)wait);
	aet_timer_start(&aet_sup.restart_timer, wait, on_restart, NULL);
}

static void on_ready_poll(struct aet_timer *timer)
{
	(void)timer;
	aet_restart_check_ready();
}

/* Every process that takes state has to be there, and the look is repeated until they are. */
static void load(void)
{
	if (!load_begun && aet_state_begin_load(aet_sup.serving) == 0)
		load_begun = true;
	if (load_begun)
		aet_state_nudge();
	aet_timer_start(&aet_sup.poll_timer, LOAD_POLL_MS, on_ready_poll, NULL);
}

void aet_restart_loaded(void)
{
	uint32_t number = aet_sup.serving->number;

	aet_log_info("generation %u has the state of %.1f s ago, %llu bytes", number,
		(double)aet_state_kept_age_us() / 1e6, (unsigned long long)aet_state_kept_bytes());
	loading = false;
	loaded_ms = aet_now_ms();
	aet_state_workers_given(number);
	aet_handover_on_probation();
	aet_state_drop();
	aet_queue_open_to(aet_sup.serving, false);
	atomic_store(&aet_sup.page->word, aet_word(AET_PHASE_OPEN, number, 0));
	aet_members_wake(number);
	aet_restart_check_ready();
}

/* Its death follows, and a start without the state. */
void aet_restart_unloadable(void)
{
	const struct aet_swap_cause *cause = aet_swap_get_cause();

	aet_log_error("generation %u did not take the kept state: %s: %s", aet_sup.serving->number,
		cause->reason, cause->detail);
	aet_state_drop();
	load_begun = true; /* nothing more to wait for */
	(void)aet_generation_signal(aet_sup.serving, SIGKILL);
}

void aet_restart_check_ready(void)
{
	struct aet_generation *serving = aet_sup.serving;

	if (!serving || serving->was_ready || aet_sup.swap != AET_SWAP_NONE)
		return;
	if (!aet_ready_is(serving, true)) {
		if (!aet_sup.poll_timer.armed)
			aet_timer_start(&aet_sup.poll_timer, READY_POLL_MS, on_ready_poll, NULL);
		return;
	}
	if (loading) {
		load();
		return;
	}
	serving->was_ready = ever_ready = true;
	aet_queue_open_to(serving, false);
	aet_queue_wake();
	AET_FOREACH_LISTENER(l)
		l->backlog = l->next_backlog;
	aet_timer_stop(&aet_sup.poll_timer);
	aet_timer_stop(&start_timer);
	aet_log_info("generation %u serves after %u ms", serving->number,
		(unsigned)(aet_now_ms() - serving->born_ms));
	if (!replacing)
		return;
	replacing = false;
	aet_sup.last = (struct aet_last_swap){.known = true,
		.committed = true,
		.generation = serving->number,
		.boot_ms = (double)(aet_now_ms() - serving->born_ms),
		.pause_ms = (double)(aet_now_us() - aet_sup.gated_us) / 1000,
		.total_ms = (double)(aet_now_us() - aet_sup.requested_us) / 1000};
	aet_sup.committed++;
	aet_control_answer_reload();
}

/* Nobody serves meanwhile: it is ended, and the next try is made as after a crash. */
static void on_start_timeout(struct aet_timer *timer)
{
	struct aet_generation *serving = aet_sup.serving;

	(void)timer;
	if (!serving || serving->was_ready || aet_sup.swap != AET_SWAP_NONE || aet_sup.stopping)
		return;
	late_reason = aet_ready_missing(serving, late_detail, sizeof(late_detail));
	aet_log_error("generation %u is killed: %s", serving->number, late_detail);
	(void)aet_generation_signal(serving, SIGKILL);
}

int aet_restart_now(void)
{
	struct aet_generation *generation;
	struct aet_precheck check;
	uint32_t number = ++aet_sup.last_number;
	int result;

	loading = aet_state_is_kept();
	load_begun = false;
	loaded_ms = 0;
	aet_timer_stop(&aet_sup.restart_timer);
	if (aet_precheck_restart(&check) < 0)
		aet_log_error("%s: %s", check.reason, check.detail);
	aet_drain_make_room();
	/* It serves from its first breath, as nobody else does, or as soon as it has the state. */
	atomic_store(&aet_sup.page->word,
		loading ? aet_word(AET_PHASE_GATED, number - 1, number)
			: aet_word(AET_PHASE_OPEN, number, 0));
	result =
		aet_generation_start(aet_sup.config, number, loading, check.is_static, &generation);
	if (result < 0) {
		aet_log_error("the program could not be started: %s", strerror(-result));
		aet_sup.failures++;
		restart_later();
		return result;
	}
	aet_sup.serving = generation;
	late_reason = NULL;
	if (ever_ready)
		aet_timer_start(
			&start_timer, aet_sup.config->start_timeout_ms, on_start_timeout, NULL);
	aet_restart_check_ready();
	return 0;
}

void aet_restart_replace(void)
{
	struct aet_generation *old = aet_sup.serving;

	replacing = true;
	aet_sup.gated_us = aet_sup.requested_us;
	aet_sup.serving = NULL;
	aet_generation_stop(old, aet_sup.config->stop_timeout_ms);
	(void)aet_restart_now();
}

/* A new version that dies while the old one still lives gives the service back. */
static bool revive(struct aet_generation *dead)
{
	struct aet_generation *old = aet_drain_newest();
	char detail[160];

	if (!old)
		return false;
	describe(dead, detail, sizeof(detail));
	aet_timer_stop(&old->timer);
	old->state = AET_GENERATION_ALIVE;
	aet_sup.serving = old;
	atomic_store(&aet_sup.page->word, aet_word(AET_PHASE_OPEN, old->number, 0));
	aet_members_wake(old->number);
	aet_log_error("%s: generation %u serves again", detail, old->number);
	aet_ready_forget(dead->number);
	aet_drain_reclaim(old);
	aet_queue_open_to(old, false);
	aet_queue_wake();
	aet_sup.rolled_back++;
	if (aet_sup.last.generation == dead->number) {
		aet_sup.last.committed = false;
		aet_sup.committed--;
		(void)snprintf(aet_sup.last.reason, sizeof(aet_sup.last.reason), "%s",
			"exited_after_commit");
		(void)snprintf(aet_sup.last.detail, sizeof(aet_sup.last.detail), "%s", detail);
	}
	aet_timer_stop(&aet_sup.settle_timer);
	aet_control_answer_reload();
	aet_generation_kill(dead);
	return true;
}

/* A state that a program dies of is not given to it a second time. */
static void forget_deadly_state(const struct aet_generation *dead)
{
	if (!loading &&
		(loaded_ms == 0 || aet_now_ms() - loaded_ms >= aet_sup.config->ready_after_ms))
		return;
	aet_log_warning("generation %u ended soon after it was given the kept state: the next "
			"start is without it",
		dead->number);
	loading = false;
	loaded_ms = 0;
	aet_state_drop();
	aet_state_forget();
}

static bool ends_with(const struct aet_generation *generation)
{
	bool failed = generation->status != 0;

	switch (aet_sup.config->restart) {
	case AET_RESTART_NEVER:
		return true;
	case AET_RESTART_ALWAYS:
		return false;
	case AET_RESTART_ON_FAILURE:
	default:
		/* A first start that never served is a mistake to be seen, not one to repeat. */
		return !failed ||
			(generation->number == 1 && !generation->was_ready &&
				aet_now_ms() - generation->born_ms <
					aet_sup.config->ready_after_ms);
	}
}

void aet_restart_or_end(void)
{
	struct aet_generation *dead = aet_sup.serving;
	char detail[160];

	describe(dead, detail, sizeof(detail));
	aet_timer_stop(&start_timer);
	if (aet_sup.stopping) {
		aet_sup.exit_code = exit_code_of(dead->status);
		aet_sup.serving = NULL;
		return;
	}
	if (dead->status == 0 && aet_generation_is_alive(dead))
		aet_log_error("the program went to the background: configure it to stay in the "
			      "foreground");
	if (revive(dead))
		return;
	forget_deadly_state(dead);
	aet_sup.serving = NULL;
	if (ends_with(dead)) {
		aet_log_info("%s", detail);
		aet_sup.exit_code = exit_code_of(dead->status);
		aet_supervisor_stop(false);
		return;
	}
	if (aet_now_ms() - dead->born_ms >= LASTING_MS)
		aet_sup.failures = 0;
	aet_sup.failures++;
	aet_log_error("%s; it is started again, clients wait in the queue", detail);
	if (replacing) {
		replacing = false;
		aet_sup.rolled_back++;
		aet_sup.last = (struct aet_last_swap){.known = true,
			.generation = dead->number,
			.boot_ms = -1,
			.pause_ms = -1,
			.total_ms = -1};
		(void)snprintf(aet_sup.last.reason, sizeof(aet_sup.last.reason), "%s",
			late_reason                         ? late_reason
				: WIFSIGNALED(dead->status) ? "killed"
							    : "exited");
		(void)snprintf(aet_sup.last.detail, sizeof(aet_sup.last.detail), "%s",
			late_reason ? late_detail : detail);
		aet_control_answer_reload();
	}
	aet_generation_stop(dead, aet_sup.config->stop_timeout_ms);
	restart_later();
}
