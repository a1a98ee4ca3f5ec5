#include "swap/frozen.h"

#include <stddef.h>

#include "base/log.h"
#include "base/loop.h"
#include "process/ending.h"
#include "process/generation.h"
#include "process/member.h"
#include "service/service.h"
#include "state/comparison.h"
#include "state/state.h"
#include "swap/beside.h"
#include "swap/drain.h"
#include "swap/swap.h"

#define MOVING_MS 1000 /* the longest wait for connections that move */
#define LEAST_MS  100 /* for a thread that has just accepted to come to its read */
#define LOOK_MS   5

/* Until every process has handled all its connections and no more have moved. */
static bool is_moving(const struct aet_generation *old)
{
	static unsigned moved_before;
	bool stands = aet_swap.moved == moved_before;
	uint64_t age_ms = aet_now_ms() - old->replaced_ms;

	moved_before = aet_swap.moved;
	return age_ms < LEAST_MS ||
		(age_ms < MOVING_MS &&
			!(stands && aet_members_followed(old->number, aet_swap.last.word)));
}

static void on_look(struct aet_timer *timer)
{
	struct aet_generation *old = timer->data;

	if (is_moving(old)) {
		aet_members_wake(old->number);
		aet_timer_start(timer, LOOK_MS, on_look, old);
	} else if (old->is_frozen) {
		aet_beside_tell(old);
	} else {
		aet_log_info("generation %u is ended: its state was handed over", old->number);
		aet_generation_kill(old);
	}
}

/* Both generations map an arena: after a give-back it is as the new one left it. */
static bool may_serve_again(const struct aet_generation *old)
{
	if (!old->follows)
		return false;
	if (aet_service.config->give_back_arenas ||
		!aet_comparison_shares_memory(aet_state_dumped()))
		return true;
	aet_log_info("generation %u has an arena: it does not serve again, whatever happens to "
		     "generation %u (handoff.give_back_arenas)",
		old->number, aet_swap.serving->number);
	return false;
}

void aet_frozen_begin(struct aet_generation *old)
{
	old->is_frozen = may_serve_again(old);
	old->state = old->is_frozen ? AET_GENERATION_DRAINING : AET_GENERATION_STOPPING;
	old->replaced_ms = aet_now_ms();
	if (old->is_frozen)
		aet_log_info("generation %u stays frozen with its memory until generation %u has "
			     "lasted %u ms",
			old->number, aet_swap.serving->number,
			(unsigned)aet_service.config->ready_after_ms);
	aet_timer_start(&old->timer, LOOK_MS, on_look, old);
	aet_drain_sweep_listeners();
}

struct aet_generation *aet_frozen_get(void)
{
	AET_FOREACH_GENERATION(g)
		if (g->is_frozen && g->state == AET_GENERATION_DRAINING)
			return g;
	return NULL;
}

void aet_frozen_retire(const char *why)
{
	struct aet_generation *old = aet_frozen_get();

	if (!old)
		return;
	aet_log_info("generation %u, which was frozen, is ended: %s", old->number, why);
	aet_generation_kill(old);
}
