#include "swap/commit.h"

#include <stdatomic.h>

#include "base/log.h"
#include "base/loop.h"
#include "listen/listener.h"
#include "process/member.h"
#include "service/service.h"
#include "state/state.h"
#include "swap/answer.h"
#include "swap/drain.h"
#include "swap/frozen.h"
#include "swap/handoff_queue.h"
#include "swap/handover.h"
#include "swap/phase_word.h"
#include "swap/request.h"
#include "swap/swap.h"

static void take_over(bool freezes)
{
	struct aet_generation *old = aet_swap.serving;
	struct aet_generation *serving = aet_swap.candidate;

	aet_swap.moved = aet_swap.closed = aet_swap.stayed = 0;
	aet_swap.serving = serving;
	serving->was_ready = aet_swap.was_ever_ready = true;
	AET_FOREACH_LISTENER(l)
		l->backlog = l->next_backlog;
	aet_members_wake(serving->number);
	aet_swap_take_config();
	aet_swap.proven_ms = aet_now_ms() + aet_service.config->ready_after_ms;
	aet_swap.loaded_ms = 0;
	old->handed_over = aet_swap.hands_over;
	if (freezes)
		aet_frozen_begin(old);
	else
		aet_drain_begin(old);
	aet_drain_wake();
}

void aet_act_commit(void)
{
	aet_swap_record(true, "", "", aet_swap.candidate->number);
	aet_swap.last.word = aet_phase_now();
	take_over(aet_swap.hands_over && !aet_swap.is_drained);
	aet_handover_keep();
	aet_log_info("generation %u serves: boot %.1f ms, pause %.1f ms, total %.1f ms",
		aet_swap.serving->number, aet_swap.last.boot_ms, aet_swap.last.pause_ms,
		aet_swap.last.total_ms);
	aet_swap_end();
}

void aet_act_promote(void)
{
	uint32_t number = aet_swap.candidate->number;

	aet_log_warning("generation %u ended during the swap: generation %u takes over",
		aet_swap.serving->number, number);
	aet_swap.hands_over = false;
	aet_queue_open_to(aet_swap.candidate, true);
	aet_phase_set(aet_word(AET_PHASE_OPEN, number, 0));
	atomic_store(&aet_service.page->busy_policy, AET_BUSY_POLICY_NONE);
	aet_swap_record(true, "", "the old generation ended during the swap", number);
	aet_swap.last.word = aet_phase_now();
	take_over(false);
	aet_state_drop();
	aet_swap_end();
}

void aet_act_answer(void)
{
	aet_answer_reload();
}

void aet_act_answer_and_remember(void)
{
	aet_answer_reload();
	aet_act_remember();
}

void aet_act_answer_snapshot_next(void)
{
	aet_answer_reload();
	aet_act_remember_snapshot();
}

void aet_act_prove(void)
{
	aet_swap.proven_ms = 0;
	aet_frozen_retire("the new version has lasted");
	aet_state_prove();
}
