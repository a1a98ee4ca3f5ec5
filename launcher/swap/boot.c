#include "swap/boot.h"

#include <stddef.h>

#include "base/last_words.h"
#include "base/log.h"
#include "process/member.h"
#include "process/stillborn.h"
#include "state/attach.h"
#include "state/state.h"
#include "swap/backlogs.h"
#include "swap/drain.h"
#include "swap/handoff_queue.h"
#include "swap/phase_word.h"
#include "swap/state_workers.h"
#include "swap/swap.h"

void aet_act_boot(void)
{
	uint32_t serving = aet_swap.serving->number;
	uint32_t number = ++aet_swap.last_number;

	aet_drain_make_room();
	aet_queue_expect();
	aet_phase_set(aet_word(AET_PHASE_OPEN, serving, number));
	aet_last_words_begin();
	aet_stillborn_begin(aet_swap.serving);
	if (aet_generation_start(aet_swap.next_config, number, true, aet_swap.candidate_is_static,
		    &aet_swap.candidate) < 0) {
		aet_swap_fail(AET_EVENT_CANDIDATE_LOST, "no_memory",
			"the new generation could not be started");
		return;
	}
	aet_state_prepare(aet_swap.serving, aet_swap.next_config->mechanism);
	aet_attach_forget();
	if (aet_state_workers_are_unclaimed())
		aet_attach_ask(aet_swap.serving, AET_ATTACH_ALL);
	/* The boot takes processor time from a program that may have a short queue. */
	aet_backlogs_raise();
	aet_log_info("generation %u starts beside generation %u", number, serving);
}

void aet_act_succeed(void)
{
	struct aet_generation *dead = aet_swap.serving;
	struct aet_generation *next = aet_swap.candidate;

	aet_log_warning("generation %u ended during the swap: clients wait for generation %u",
		dead->number, next->number);
	aet_state_drop();
	aet_state_adopt_chosen();
	aet_swap.serving = next;
	aet_swap.candidate = NULL;
	aet_swap.awaits_state = aet_state_is_kept() && !next->is_static;
	aet_swap.is_loading = aet_swap.has_cause = false;
	aet_phase_set(aet_word(
		aet_swap.awaits_state ? AET_PHASE_LOADING : AET_PHASE_OPEN, next->number, 0));
	aet_queue_open_to(next, true);
	aet_members_wake(next->number);
	aet_drain_begin(dead);
	aet_backlogs_raise();
}
