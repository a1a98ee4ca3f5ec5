#include "swap/stop_first.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "base/log.h"
#include "base/loop.h"
#include "process/ending.h"
#include "process/member.h"
#include "service/service.h"
#include "state/snapshot_file.h"
#include "state/state.h"
#include "state/state_set.h"
#include "swap/backlogs.h"
#include "swap/handover.h"
#include "swap/phase_word.h"
#include "swap/swap.h"

#define FROZEN_LEAST_MS 100 /* for a thread that has just accepted to come to its read */

static unsigned moved_before; /* connections, at the last call */
static uint64_t yielded_ms;

/* The next generation has only a number so far: if the launcher dies now, the process that notices
 * lets the old one serve on. */
static uint64_t yield_word(void)
{
	return aet_word(AET_PHASE_YIELD, aet_swap.serving->number, aet_swap.last_number + 1);
}

static void begin_to_yield(void)
{
	aet_swap.moved = moved_before = 0;
	yielded_ms = aet_now_ms();
}

void aet_act_yield(void)
{
	uint32_t serving = aet_swap.serving->number;

	begin_to_yield();
	aet_swap.gated_us = aet_now_us();
	aet_backlogs_raise();
	aet_log_info("generation %u ends before the next one starts", serving);
	aet_phase_set(yield_word());
	aet_members_wake(serving);
}

void aet_act_yield_dumped(void)
{
	uint32_t serving = aet_swap.serving->number;
	const char *flaw = NULL;

	begin_to_yield();
	/* Later nobody could dump it again. */
	if (aet_state_set_check(aet_state_dumped(), &flaw) < 0) {
		aet_swap_fail(AET_EVENT_UNDONE, "state_corrupt", flaw);
		return;
	}
	aet_handover_count_left();
	aet_log_info("generation %u has dumped %llu bytes, and ends before the next one starts",
		serving, (unsigned long long)aet_state_bytes());
	if (aet_phase_change(yield_word()))
		aet_members_wake(serving);
	else
		aet_swap_fail(AET_EVENT_UNDONE, "gate_failed", "a process undid the swap");
}

/* Whether it stands still, with requests in flight or without. */
static bool is_frozen(void)
{
	return aet_swap.hands_over && !aet_swap.is_drained;
}

bool aet_stop_first_has_yielded(void)
{
	uint32_t number = aet_swap.serving->number;
	bool stands = aet_swap.moved == moved_before;

	moved_before = aet_swap.moved;
	if (is_frozen() && !aet_swap.serving->follows)
		return true; /* it goes on without its dump, until it is ended */
	if (is_frozen() && aet_now_ms() < yielded_ms + FROZEN_LEAST_MS)
		return false;
	return aet_swap.serving->is_static ||
		(stands && (is_frozen() || aet_members_busy(number) == 0) &&
			aet_members_followed(number, aet_phase_now()));
}

/* A program that gets TERM may save its state; after its dump that state is old, hence KILL. */
void aet_act_end_old(void)
{
	struct aet_generation *old = aet_swap.serving;

	old->handed_over = aet_swap.hands_over;
	if (aet_swap.hands_over)
		(void)aet_generation_signal(old, SIGKILL);
	else
		aet_generation_ask(old, aet_swap_config()->stop_timeout_ms);
}

void aet_act_kill_old(void)
{
	(void)aet_generation_signal(aet_swap.serving, SIGKILL);
}

/* A dump that is not complete is worth nothing, and what is left of the old generation may go on to
 * its TERM. After a complete one it stands still until KILL. */
void aet_stop_first_bury(struct aet_generation *old)
{
	old->handed_over = aet_state_bytes() > 0;
	if (old->handed_over) {
		aet_generation_kill(old);
		aet_phase_freeze(0);
		aet_state_keep(false);
		aet_snapshot_file_flush();
		return;
	}
	aet_phase_freeze(0);
	atomic_store(&aet_service.page->busy_policy, AET_BUSY_POLICY_NONE);
	aet_generation_stop(old, aet_swap_config()->stop_timeout_ms);
	aet_state_drop();
}

bool aet_stop_first_can_undo(void)
{
	return aet_swap.goal == AET_GOAL_REPLACE && aet_swap.hands_over &&
		!aet_swap.serving->handed_over && aet_swap.state != AET_SWAP_START &&
		aet_swap.state != AET_SWAP_RESTORE;
}
