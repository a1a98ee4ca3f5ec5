#include "swap/mourn.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/loop.h"
#include "process/ending.h"
#include "process/member.h"
#include "service/service.h"
#include "state/snapshot_file.h"
#include "state/state.h"
#include "swap/answer.h"
#include "swap/backlogs.h"
#include "swap/drain.h"
#include "swap/handoff_queue.h"
#include "swap/phase_word.h"
#include "swap/ready.h"
#include "swap/stop.h"
#include "swap/swap.h"
#include "swap/why_ended.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MOST_MS  5000
#define LASTING_MS       10000 /* a run this long resets the back-off */

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

void aet_act_mourn(void)
{
	const struct aet_generation *dead = aet_swap.serving;

	aet_swap.is_mourning = true;
	if (dead && aet_why_ended_in_background(dead))
		aet_log_error("the program went to the background: configure it to stay in the "
			      "foreground");
}

/* What it took over from the handoff queue ended with it; the rest goes back. */
static unsigned connections_lost(void)
{
	unsigned queued = atomic_load(&aet_service.page->queued);

	return aet_swap.moved > queued ? aet_swap.moved - queued : 0;
}

static void record_losses(uint32_t dead, const struct aet_generation *old)
{
	struct aet_last_swap *last = &aet_swap.last;

	if (last->generation != dead)
		return;
	last->connections_lost = connections_lost();
	if (!old->handed_over)
		return;
	last->answers_lost = aet_members_answered(dead);
	aet_log_warning("generation %u has the memory %s: %u requests that generation %u answered "
			"are not in it, and %u connections that it had taken over are lost",
		old->number,
		old->is_frozen ? "it handed over" : "it handed over, and what it wrote since",
		last->answers_lost, dead, last->connections_lost);
}

/* Records that the swap which was committed to the dead generation is rolled back. */
static void record_give_back(uint32_t dead, const char *detail)
{
	struct aet_last_swap *last = &aet_swap.last;

	if (aet_swap.goal != AET_GOAL_NONE) {
		aet_swap_record(
			false, aet_swap.serving ? "exited" : aet_swap.cause.reason, detail, dead);
		return;
	}
	aet_swap.rolled_back++;
	if (last->generation != dead || !last->committed)
		return;
	last->committed = false;
	aet_swap.committed--;
	/* The launcher ended it for this reason, or it ended by itself. */
	(void)snprintf(last->reason, sizeof(last->reason), "%s",
		aet_swap.has_cause ? aet_swap.cause.reason : "exited_after_commit");
	(void)snprintf(last->detail, sizeof(last->detail), "%s",
		aet_swap.has_cause ? aet_swap.cause.detail : detail);
}

static void describe_loss(const struct aet_generation *dead, char *text, size_t size)
{
	if (dead)
		describe(dead, text, size);
	else
		(void)snprintf(text, size, "generation %u could not be started: %.100s",
			aet_swap.last_number, aet_swap.cause.detail);
}

void aet_act_give_back(void)
{
	struct aet_generation *dead = aet_swap.serving; /* NULL: it could not be started */
	struct aet_generation *old = aet_drain_newest();
	uint32_t number = dead ? dead->number : aet_swap.last_number;
	char detail[AET_SWAP_DETAIL];

	describe_loss(dead, detail, sizeof(detail));
	if (dead) /* its workers may live still, and answer */
		aet_generation_kill(dead);
	record_give_back(number, detail);
	record_losses(number, old);
	aet_timer_stop(&old->timer);
	old->state = AET_GENERATION_ALIVE;
	aet_swap.serving = old;
	aet_phase_set(aet_word(AET_PHASE_OPEN, old->number, 0));
	aet_phase_freeze(0);
	aet_members_wake(old->number);
	aet_log_error("%s: generation %u serves again", detail, old->number);
	aet_ready_forget(number);
	aet_drain_reclaim(old);
	aet_queue_open_to(old, false);
	aet_queue_wake();
	aet_answer_reload();
	aet_swap.is_mourning = aet_swap.awaits_state = aet_swap.has_cause = false;
	/* The old generation's state is newer than the kept one, which goes at the end of this
	 * probation. */
	aet_swap.proven_ms = aet_now_ms() + aet_service.config->ready_after_ms;
	aet_swap_drop_config();
	aet_swap_end();
}

/* The state of a swap is nowhere else: the next starts get it again, and a new version may load it.
 * A snapshot waits for `restore`. */
static void spare_the_next(const struct aet_generation *dead)
{
	char why[AET_SWAP_DETAIL];

	if (aet_state_is_sealed()) {
		aet_log_warning(
			"generation %u ended soon after it was given the state of the swap: "
			"the next start is given it again",
			dead->number);
		aet_snapshot_file_flush();
		return;
	}
	aet_log_warning("generation %u ended soon after it was given the kept state: the next "
			"start is without it",
		dead->number);
	if (aet_swap.has_cause)
		(void)snprintf(why, sizeof(why), "generation %u did not take it: %s: %.120s",
			dead->number, aet_swap.cause.reason, aet_swap.cause.detail);
	else
		(void)snprintf(why, sizeof(why), "generation %u ended soon after it was given it",
			dead->number);
	aet_state_drop();
	aet_state_set_aside(why);
}

/* If a program dies soon after it loaded a kept state, the next start gets no snapshot. If it died as
 * a new version, the next start is the old version's, and may have it. */
static void forget_deadly_state(const struct aet_generation *dead)
{
	bool was_loading = aet_swap.awaits_state;
	bool loaded_lately = aet_swap.loaded_ms != 0 &&
		aet_now_ms() - aet_swap.loaded_ms < aet_service.config->ready_after_ms;

	if (was_loading)
		aet_state_end_load();
	if (aet_swap.goal != AET_GOAL_NONE || (!was_loading && !loaded_lately))
		return;
	spare_the_next(dead);
}

/* If a swap waited for this start, records that it failed. */
static void tell_who_waits(const struct aet_generation *dead, const char *detail)
{
	const char *reason = "killed";

	if (aet_swap.goal == AET_GOAL_NONE)
		return;
	if (aet_swap.has_cause) {
		reason = aet_swap.cause.reason;
		detail = aet_swap.cause.detail;
	} else if (!WIFSIGNALED(dead->status)) {
		reason = "exited";
	}
	aet_swap_record(false, reason, detail, dead->number);
	aet_swap.last.boot_ms = aet_swap.last.pause_ms = aet_swap.last.total_ms = -1;
}

static void count_failure(const struct aet_generation *dead)
{
	uint64_t wait = 0;

	if (dead && aet_now_ms() - dead->born_ms >= LASTING_MS)
		aet_swap.failures = 0;
	aet_swap.failures++;
	for (unsigned i = 1; i < aet_swap.failures && wait < BACKOFF_MOST_MS; i++)
		wait = wait ? wait * 2 : BACKOFF_FIRST_MS;
	if (wait > BACKOFF_MOST_MS)
		wait = BACKOFF_MOST_MS;
	if (wait > 0)
		aet_log_info("the next try is in %u ms", (unsigned)wait);
	aet_swap.restart_due_ms = aet_now_ms() + wait;
}

void aet_act_bury(void)
{
	struct aet_generation *dead = aet_swap.serving;
	char detail[AET_SWAP_DETAIL];

	aet_swap.serving = NULL;
	aet_swap.is_mourning = false;
	if (dead) {
		describe(dead, detail, sizeof(detail));
		aet_log_error("%s; it is started again, clients wait in the queue", detail);
		forget_deadly_state(dead);
		tell_who_waits(dead, detail);
		aet_generation_stop(dead, aet_service.config->stop_timeout_ms);
	} else if (aet_swap.goal != AET_GOAL_NONE) {
		aet_swap_record(
			false, aet_swap.cause.reason, aet_swap.cause.detail, aet_swap.last_number);
	}
	aet_answer_reload();
	count_failure(dead);
	aet_swap.awaits_state = false;
	aet_swap_drop_config();
	aet_swap_end();
	aet_backlogs_raise();
}

void aet_act_end_with_it(void)
{
	char detail[AET_SWAP_DETAIL];

	describe(aet_swap.serving, detail, sizeof(detail));
	aet_log_info("%s", detail);
	aet_act_take_exit_code();
	aet_swap.is_mourning = false;
	aet_act_stop();
}

void aet_act_take_exit_code(void)
{
	aet_service.exit_code = exit_code_of(aet_swap.serving->status);
	aet_swap.serving = NULL;
}
