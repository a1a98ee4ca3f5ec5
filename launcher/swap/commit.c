#include "swap/commit.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/loop.h"
#include "listen/listener.h"
#include "process/member.h"
#include "process/stillborn.h"
#include "service/service.h"
#include "state/report.h"
#include "state/state.h"
#include "swap/answer.h"
#include "swap/discard.h"
#include "swap/drain.h"
#include "swap/frozen.h"
#include "swap/handoff_queue.h"
#include "swap/handover.h"
#include "swap/inquire.h"
#include "swap/narrow.h"
#include "swap/outside.h"
#include "swap/phase_word.h"
#include "swap/request.h"
#include "swap/swap.h"

static void take_over(bool freezes)
{
	struct aet_generation *old = aet_swap.serving;
	struct aet_generation *serving = aet_swap.candidate;

	aet_swap.moved = aet_swap.closed = aet_swap.stayed = 0;
	aet_swap.serving = serving;
	aet_outside_watch(serving);
	serving->was_ready = aet_swap.was_ever_ready = true;
	aet_stillborn_serves(serving);
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

/* What `reload` says of a swap that is committed: what was lost on purpose, and what waits until the
 * new version asks for it. */
void aet_commit_note_state(void)
{
	char *note = aet_swap.last.note;
	char what[AET_SWAP_DETAIL / 2 - 32];

	if (aet_discard_is_any()) {
		aet_discard_describe(what, sizeof(what));
		(void)snprintf(note, AET_SWAP_DETAIL, "discarded: %s", what);
		aet_log_warning("%s", note);
	}
	aet_report_pending(what, sizeof(what));
	if (!what[0])
		return;
	aet_log_info("state that nobody has asked for yet: %s", what);
	(void)snprintf(note + strlen(note), AET_SWAP_DETAIL - strlen(note), "%spending: %s",
		note[0] ? "; " : "", what);
}

void aet_act_commit(void)
{
	aet_swap_record(true, "", "", aet_swap.candidate->number);
	aet_swap.last.word = aet_phase_now();
	aet_narrow_follow(aet_swap.candidate->number);
	take_over(aet_swap.hands_over && !aet_swap.is_drained);
	aet_handover_keep();
	/* What was lost on purpose does not come back after a crash either. */
	if (aet_discard_is_all() && aet_state_is_kept())
		aet_state_set_aside("a reload discarded it");
	aet_commit_note_state();
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
	aet_inquire_names();
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
