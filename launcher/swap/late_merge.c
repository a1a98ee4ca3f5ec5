#include "swap/late_merge.h"

#include <stddef.h>
#include <string.h>

#include "aeterna/module.h"
#include "base/log.h"
#include "base/loop.h"
#include "process/generation.h"
#include "process/member.h"
#include "service/service.h"
#include "state/debt.h"
#include "state/inquiry.h"
#include "state/state.h"
#include "state/state_late.h"
#include "state/state_order.h"
#include "state/state_step.h"
#include "swap/swap.h"

#define LOOK_MS       20
#define QUIET_MS      60 /* a thread may write to memory just after the last byte of its answer */
#define CALM_MOST_MS  1000 /* how long a merge waits for a moment without requests in flight */
#define AGAIN_MS      100 /* the program holds its lock */
#define FAILURES_MOST 3

struct aet_merge_count aet_merge_count;

static struct aet_timer timer;
static uint64_t step_ends_ms;

static bool is_serving(void)
{
	return aet_swap.serving && aet_swap.serving->was_ready && !aet_swap.is_mourning;
}

/* No swap has a step in hand, or will have one soon. */
static bool may_begin(bool is_forced)
{
	switch (aet_swap.state) {
	case AET_SWAP_SERVE:
	case AET_SWAP_PROOF:
	case AET_SWAP_PROBATION:
		return is_serving() && aet_inquiry_is_over();
	case AET_SWAP_BOOT:
	case AET_SWAP_SETTLE:
		return is_forced && is_serving();
	default:
		return false;
	}
}

static void begin_step(void)
{
	step_ends_ms = aet_now_ms() + aet_service.config->handoff_timeout_ms;
}

static void lose(struct aet_debt *debt, const char *why)
{
	aet_log_error("what generation %u wrote after its state was dumped is lost: %s",
		debt->generation, why);
	aet_merge_count.lost++;
	aet_debt_free(debt);
}

/* --- the old process --- */

static bool is_there(const struct aet_debt *debt)
{
	const struct aet_member *member = aet_member_of_slot(debt->slot);

	return member && member->generation == debt->generation;
}

/* What cannot move, an encrypted connection, may still bring requests: changes are taken once. */
static bool may_be_asked(const struct aet_debt *debt)
{
	const struct aet_generation *old = aet_generation_get(debt->generation);

	return old && old->old_known && old->draining > 0;
}

static bool has_answered(struct aet_debt *debt)
{
	uint64_t now = aet_now_ms();

	if (aet_slot_unquiet(&aet_service.page->slots[debt->slot]) > 0)
		debt->quiet_ms = 0;
	else if (debt->quiet_ms == 0)
		debt->quiet_ms = now;
	return debt->quiet_ms != 0 && now - debt->quiet_ms >= QUIET_MS;
}

static void begin_changes(struct aet_debt *debt)
{
	unsigned cut = aet_slot_unquiet(&aet_service.page->slots[debt->slot]);

	if (cut > 0) {
		aet_log_warning("drain_timeout is up: what %u answers of generation %u write from "
				"now on is lost",
			cut, debt->generation);
		aet_merge_count.cut += cut;
	}
	aet_late_begin_changes(debt);
	begin_step();
}

bool aet_late_merge_dumped(void)
{
	struct aet_debt *debt = aet_late_debt();

	if (!debt || debt->stage != AET_DEBT_OPEN)
		return false;
	aet_late_end();
	debt->stage = AET_DEBT_TAKEN;
	debt->taken_ms = aet_now_ms();
	aet_log_debug("generation %u has answered: its changes are taken", debt->generation);
	return true;
}

/* --- the serving one --- */

static bool may_merge(const struct aet_debt *debt)
{
	struct aet_busy_count count;

	if (!is_serving() || debt->refused_by == aet_swap.serving->number ||
		aet_now_ms() < debt->again_ms)
		return false;
	aet_members_count(aet_swap.serving->number, &count);
	return count.unquiet == 0 || aet_now_ms() - debt->taken_ms >= CALM_MOST_MS;
}

/* The n-th process of the one generation has the memory of the n-th of the other. */
static void begin_merge(struct aet_debt *debt)
{
	uint32_t slots[AET_STATE_PIECES_MAX];
	unsigned found = aet_state_order(
		aet_swap.serving->number, AETERNA_STEP_LOAD, slots, AET_STATE_PIECES_MAX);

	if (found == 0)
		return;
	aet_late_begin_merge(debt, aet_swap.serving->number, slots[debt->index % found]);
	begin_step();
}

static void count(const struct aet_debt *debt, const struct aet_state_merge *merge)
{
	aet_merge_count.taken += merge->taken;
	aet_merge_count.decided += merge->decided;
	aet_merge_count.set_aside += merge->set_aside;
	aet_log_info("what generation %u wrote at its end is merged into generation %u: %u entries "
		     "taken, %u decided, %u set aside",
		debt->generation, aet_swap.serving->number, merge->taken, merge->decided,
		merge->set_aside);
	if (merge->set_aside > 0)
		aet_log_warning("both generations changed it, and nothing decides: the new one's "
				"stays: %s",
			merge->text);
}

bool aet_late_merge_loaded(void)
{
	struct aet_debt *debt = aet_late_debt();

	if (!debt || debt->stage != AET_DEBT_TAKEN)
		return false;
	count(debt, &aet_state_now.merge);
	aet_late_end();
	debt->stage = AET_DEBT_MERGED;
	debt->merged_into = aet_swap.serving->number;
	return true;
}

/* --- what goes wrong --- */

bool aet_late_merge_failed(void)
{
	struct aet_debt *debt = aet_late_debt();
	struct aet_state_failure failure = *aet_state_failure();

	if (!debt)
		return false;
	aet_late_end();
	if (debt->stage == AET_DEBT_TAKEN && strcmp(failure.reason, "busy") == 0) {
		debt->again_ms = aet_now_ms() + AGAIN_MS;
		return true;
	}
	aet_log_warning("the changes of generation %u: %s: %s", debt->generation, failure.reason,
		failure.detail);
	if (debt->stage == AET_DEBT_TAKEN) {
		/* The next version may be able to. */
		debt->refused_by = aet_swap.serving ? aet_swap.serving->number : 0;
		aet_log_warning("they are kept for the next swap");
	} else if (++debt->failures >= FAILURES_MOST) {
		lose(debt, failure.detail);
	}
	return true;
}

/* --- looking --- */

/* Whether it is what to do now, and begun. */
static bool is_begun(struct aet_debt *debt)
{
	if (!may_begin(debt->is_forced))
		return false;
	switch (debt->stage) {
	case AET_DEBT_OPEN:
		if (!debt->is_forced && (!has_answered(debt) || may_be_asked(debt)))
			return false;
		begin_changes(debt);
		return true;
	case AET_DEBT_TAKEN:
		if (!may_merge(debt))
			return false;
		begin_merge(debt);
		return aet_late_is_active();
	case AET_DEBT_MERGED:
	default:
		return false;
	}
}

/*
 * What was merged into a generation is in its memory, and in the next one's from its dump on
 * (aet_debts_settle()). So if another one serves now, and the debt is still there, that memory is
 * lost, and this one is to have it as well; unless it has written it itself, and serves again. A
 * generation that has lasted will not be followed by an older state.
 */
static bool is_over(struct aet_debt *debt)
{
	if (!is_serving())
		return false;
	if (debt->generation == aet_swap.serving->number)
		return true;
	if (debt->stage != AET_DEBT_MERGED)
		return false;
	if (debt->merged_into == aet_swap.serving->number)
		return aet_swap.proven_ms == 0;
	debt->stage = AET_DEBT_TAKEN;
	debt->taken_ms = aet_now_ms();
	return false;
}

static void look(void)
{
	struct aet_debt *next;

	for (struct aet_debt *debt = aet_debts(); debt && !aet_late_is_active(); debt = next) {
		next = debt->next;
		if (is_over(debt))
			aet_debt_free(debt);
		else if (debt->stage == AET_DEBT_OPEN && !is_there(debt))
			lose(debt, "it ended before its answers did");
		else if (is_begun(debt))
			return;
	}
}

static void on_look(struct aet_timer *self)
{
	if (!aet_late_is_active())
		look();
	else if (aet_now_ms() >= step_ends_ms && !aet_late_is_merging())
		aet_state_fail("handoff_timeout", "it did not end within handoff.timeout");
	else
		aet_state_nudge();
	if (aet_debts())
		aet_timer_start(self, LOOK_MS, on_look, NULL);
}

void aet_late_merge_begin(bool is_restored)
{
	if (is_restored) {
		aet_log_warning("the new generation has a state that was restored: what the old "
				"one writes at its end is lost");
		aet_merge_count.lost++;
		return;
	}
	if (aet_debts_begin(aet_state_kept()) < 0) {
		aet_log_error("no memory to compare with: what the old generation writes at its "
			      "end is lost");
		aet_merge_count.lost++;
	}
	if (aet_debts())
		aet_timer_start(&timer, LOOK_MS, on_look, NULL);
}

unsigned aet_late_merge_pending(void)
{
	unsigned pending = 0;

	for (const struct aet_debt *debt = aet_debts(); debt; debt = debt->next)
		pending += debt->stage != AET_DEBT_MERGED;
	return pending;
}
