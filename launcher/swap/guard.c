#include "swap/guard.h"

#include <stddef.h>

#include "base/loop.h"
#include "process/member.h"
#include "service/service.h"
#include "state/attach.h"
#include "state/restore.h"
#include "state/state.h"
#include "state/state_order.h"
#include "swap/discard.h"
#include "swap/drain.h"
#include "swap/frozen.h"
#include "swap/state_workers.h"
#include "swap/swap.h"
#include "swap/timeout.h"

bool aet_guard_always(void)
{
	return true;
}

bool aet_guard_is_snapshot(void)
{
	return aet_swap.goal == AET_GOAL_SNAPSHOT;
}

bool aet_guard_is_due(void)
{
	return aet_swap.is_due;
}

bool aet_guard_is_replace(void)
{
	return aet_swap.goal == AET_GOAL_REPLACE;
}

bool aet_guard_stops_with_state(void)
{
	return aet_guard_is_replace() && !aet_discard_is_all() &&
		(aet_state_dumpers(aet_swap.serving) > 0 || aet_state_workers_are_unclaimed());
}

bool aet_guard_is_dry_run(void)
{
	return aet_swap.goal == AET_GOAL_DRY_RUN;
}

bool aet_guard_is_trial(void)
{
	return aet_guard_is_snapshot() || aet_guard_is_dry_run();
}

bool aet_guard_is_awaited(void)
{
	return aet_swap.goal == AET_GOAL_COMMIT || aet_guard_is_replace();
}

bool aet_guard_discards(void)
{
	return aet_discard_is_all() && !aet_guard_is_trial();
}

bool aet_guard_state_unclaimed(void)
{
	if (aet_restore_chosen() && aet_state_loaders(aet_swap.candidate) == 0)
		return true;
	return aet_state_workers_are_unclaimed() && !aet_attach_is_awaited(aet_swap.serving);
}

/* Who takes it, or who has it, is looked for while the swap settles. */
bool aet_guard_has_state(void)
{
	return aet_state_dumpers(aet_swap.serving) > 0 || aet_state_workers_are_unclaimed();
}

bool aet_guard_hands_over(void)
{
	return aet_swap.hands_over;
}

bool aet_guard_has_kept_state(void)
{
	return aet_state_is_kept() || aet_restore_chosen();
}

bool aet_guard_workers_are_late(void)
{
	return aet_swap.candidate && aet_swap.stop == AET_STOP_NONE && aet_state_workers_are_late();
}

bool aet_guard_workers_differ(void)
{
	return aet_swap.candidate && aet_state_workers_check(true) != AET_STATE_WORKERS_WHOLE;
}

bool aet_guard_waits_for_quiet(void)
{
	if (aet_swap.stop == AET_STOP_NOW)
		return false; /* there is no later moment */
	if (aet_guard_is_snapshot())
		return true;
	switch (aet_swap_config()->on_busy) {
	case AET_BUSY_CLOSE:
	case AET_BUSY_DRAIN:
		return false;
	case AET_BUSY_MERGE: /* nobody is there to merge it into */
		return aet_guard_is_replace();
	case AET_BUSY_AUTO:
		return aet_guard_is_replace() || !aet_state_can_merge(aet_swap.serving->number);
	case AET_BUSY_ROLLBACK:
	default:
		return true;
	}
}

bool aet_guard_echoes(void)
{
	return aet_guard_is_dry_run() && aet_state_dumpers(aet_swap.candidate) > 0;
}

bool aet_guard_awaits_state(void)
{
	return aet_swap.awaits_state && !aet_swap.is_mourning;
}

static bool can_dump(void)
{
	return aet_swap.serving && aet_swap.serving->was_ready && !aet_swap.is_mourning &&
		aet_state_dumpers(aet_swap.serving) > 0;
}

bool aet_guard_dumps_first(void)
{
	const struct aet_config *config = aet_service.config;

	return config->snapshot_file && config->snapshot_on_stop && !aet_service.stop_at_once &&
		aet_swap.stop == AET_STOP_NONE && can_dump();
}

bool aet_guard_dumps_at_last(void)
{
	return aet_swap.stop == AET_STOP_DUMPS && can_dump();
}

bool aet_guard_must_stop(void)
{
	return aet_swap.stop != AET_STOP_NONE;
}

bool aet_guard_nobody_serves(void)
{
	return !aet_swap.serving;
}

bool aet_guard_is_first(void)
{
	return !aet_swap.was_ever_ready;
}

bool aet_guard_is_starting(void)
{
	return aet_swap.serving && !aet_swap.serving->was_ready;
}

bool aet_guard_may_overtake(void)
{
	return aet_swap.goal == AET_GOAL_NONE && aet_swap.serving && !aet_swap.awaits_state;
}

bool aet_guard_has_predecessor(void)
{
	return aet_drain_newest() != NULL;
}

bool aet_guard_is_mourning(void)
{
	return aet_swap.is_mourning;
}

bool aet_guard_can_give_back(void)
{
	return aet_swap.is_mourning && aet_guard_has_predecessor();
}

bool aet_guard_ends_with_it(void)
{
	const struct aet_generation *dead = aet_swap.serving;

	if (!aet_swap.is_mourning || !dead)
		return false;
	/* The launcher alone has that state: it goes on until a start that took it has lasted. */
	if (aet_state_is_sealed())
		return false;
	switch (aet_service.config->restart) {
	case AET_RESTART_NEVER:
		return true;
	case AET_RESTART_ALWAYS:
		return false;
	case AET_RESTART_ON_FAILURE:
	default:
		/* Show a first start that never served; do not repeat it. */
		return dead->status == 0 ||
			(dead->number == 1 && !dead->was_ready &&
				aet_now_ms() - dead->born_ms < aet_service.config->ready_after_ms);
	}
}

bool aet_guard_has_frozen(void)
{
	return aet_frozen_get() != NULL;
}

bool aet_guard_is_on_probation(void)
{
	return aet_swap.proven_ms != 0;
}

/* True while a draining process has not yet handled all its connections since the commit; at most
 * AET_PROOF_MOST_MS. */
bool aet_guard_is_moving(void)
{
	if (aet_now_us() > aet_swap.last.ended_us + AET_PROOF_MOST_MS * 1000ull)
		return false;
	AET_FOREACH_GENERATION(g)
		if (g->state == AET_GENERATION_DRAINING && g->follows &&
			!aet_members_followed(g->number, aet_swap.last.word))
			return true;
	return false;
}

bool aet_guard_remembers(void)
{
	return aet_swap.remembers_request || aet_swap.remembers_try || aet_swap.remembers_snapshot;
}

bool aet_guard_remembers_request(void)
{
	return aet_swap.remembers_request;
}

bool aet_guard_remembers_try(void)
{
	return aet_swap.remembers_try;
}

bool aet_guard_remembers_snapshot(void)
{
	return aet_swap.remembers_snapshot;
}
