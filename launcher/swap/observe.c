#include "swap/observe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "listen/listener.h"
#include "process/book_writer.h"
#include "process/member.h"
#include "process/tree.h"
#include "service/fact.h"
#include "service/service.h"
#include "state/state.h"
#include "state/state_step.h"
#include "swap/beside.h"
#include "swap/closed.h"
#include "swap/drain.h"
#include "swap/forecast.h"
#include "swap/handoff_queue.h"
#include "swap/late_merge.h"
#include "swap/machine.h"
#include "swap/narrow.h"
#include "swap/phase_word.h"
#include "swap/privacy.h"
#include "swap/ready.h"
#include "swap/state_workers.h"
#include "swap/why_ended.h"

static bool is_serving(uint32_t generation)
{
	return aet_swap.serving && aet_swap.serving->number == generation;
}

static bool is_candidate(uint32_t generation)
{
	return aet_swap.candidate && aet_swap.candidate->number == generation;
}

static void look_whether_ready(uint32_t generation)
{
	bool boots = aet_swap.state == AET_SWAP_BOOT && is_candidate(generation);
	bool starts = aet_swap.state == AET_SWAP_START && is_serving(generation);

	if ((boots && aet_ready_is(aet_swap.candidate, false)) ||
		(starts && aet_ready_is(aet_swap.serving, true)))
		aet_machine_dispatch(AET_EVENT_READY);
}

static void on_listeners(uint32_t generation)
{
	aet_privacy_settle();
	if (is_serving(generation)) {
		aet_queue_open_to(aet_swap.serving, false);
		aet_narrow_follow(generation);
	}
	look_whether_ready(generation);
}

static void look_whether_gated(uint32_t generation)
{
	if (aet_swap.state == AET_SWAP_GATE && is_serving(generation) &&
		aet_members_are_gated(generation, aet_phase_now()))
		aet_machine_dispatch(AET_EVENT_GATED);
}

/* The kernel closes what a process has before its parent is told: of the serving generation's first
 * process, whose end is the generation's, that follows. */
static bool is_end_of_serving(const struct aet_fact *fact)
{
	return is_serving(fact->generation) && aet_swap.serving->pid == (pid_t)fact->number &&
		aet_tree_is_ending((pid_t)fact->number);
}

static void on_left(const struct aet_fact *fact)
{
	if (is_end_of_serving(fact))
		return;
	aet_state_member_left(fact->slot);
	look_whether_gated(fact->generation);
}

static void on_hooks(const struct aet_fact *fact)
{
	const struct aet_member *member = aet_member_of_slot(fact->slot);

	if (member)
		aet_state_workers_reported(member);
	if (fact->number > 0 && is_serving(fact->generation))
		aet_state_size_reported(aet_swap.serving, fact->slot, fact->number);
}

static void on_takes_state(const struct aet_fact *fact)
{
	const struct aet_member *member = aet_member_of_slot(fact->slot);

	if (member && aet_state_workers_joined(member))
		aet_machine_dispatch(AET_EVENT_FAILED);
}

static void on_not_executed(const struct aet_fact *fact)
{
	struct aet_generation *generation = aet_generation_get(fact->generation);
	char detail[AET_SWAP_DETAIL];

	if (!generation)
		return;
	(void)snprintf(detail, sizeof(detail), "cannot execute the program: %s",
		strerror((int)fact->number));
	aet_swap_set_cause(fact->number == ENOENT ? "not_found" : "not_executable", detail);
	aet_log_error("%s", detail);
	if (is_candidate(fact->generation))
		aet_machine_dispatch(AET_EVENT_CANDIDATE_LOST);
	else if (is_serving(fact->generation))
		aet_swap.has_cause = true; /* the fact of its exit follows */
}

/* Nobody told this generation to end: the connections it still had went with it. */
static void describe_drained(const struct aet_generation *generation)
{
	int status = generation->status;

	if (generation->is_frozen)
		aet_log_warning("generation %u ended while it was frozen: it cannot serve again",
			generation->number);
	else if ((status & 0x7f) == 0)
		aet_log_warning("generation %u ended by itself while it drained %u connections: "
				"status %d",
			generation->number, generation->draining, status >> 8 & 0xff);
	else
		aet_log_warning("generation %u ended while it drained %u connections: signal %d",
			generation->number, generation->draining, status & 0x7f);
}

static void on_exited(uint32_t number)
{
	struct aet_generation *generation = aet_generation_get(number);

	if (!generation)
		return;
	if (is_candidate(number)) {
		if (generation->exec_error == 0)
			aet_why_ended_exited(generation);
		aet_machine_dispatch(AET_EVENT_CANDIDATE_LOST);
	} else if (is_serving(number)) {
		aet_machine_dispatch(AET_EVENT_SERVING_LOST);
	} else if (generation->state == AET_GENERATION_DRAINING) {
		describe_drained(generation);
	}
	aet_generation_bury_if_gone(generation);
}

static void on_withdrawn(const struct aet_fact *fact)
{
	struct aet_listener *listener = aet_listener_get((uint32_t)fact->number);

	aet_closed_note();
	if (listener)
		aet_drain_listener_unused(listener, fact->generation);
}

static void on_state_failed(void)
{
	if (aet_late_merge_failed())
		return;
	aet_swap_set_cause(aet_state_failure()->reason, aet_state_failure()->detail);
	aet_machine_dispatch(AET_EVENT_FAILED);
}

/* A process requested a snapshot by SIGUSR2. One of an old generation has nothing to keep. */
static void on_snapshot(uint32_t generation)
{
	if (generation == 0 || is_serving(generation))
		aet_machine_dispatch(AET_EVENT_SNAPSHOT);
}

static void observe(const struct aet_fact *fact)
{
	switch (fact->kind) {
	case AET_FACT_REQUEST:
	case AET_FACT_RESTORE:
		aet_machine_dispatch(AET_EVENT_REQUEST);
		break;
	case AET_FACT_TRY:
		aet_machine_dispatch(AET_EVENT_TRY);
		break;
	case AET_FACT_SNAPSHOT:
		on_snapshot(fact->generation);
		break;
	case AET_FACT_DUE:
		aet_machine_dispatch(AET_EVENT_DUE);
		break;
	case AET_FACT_STOP:
		aet_machine_dispatch(AET_EVENT_STOP);
		break;
	case AET_FACT_LISTENERS:
		on_listeners(fact->generation);
		break;
	case AET_FACT_WITHDRAWN:
		on_withdrawn(fact);
		break;
	case AET_FACT_LEFT:
		on_left(fact);
		break;
	case AET_FACT_GATED:
		look_whether_gated(fact->generation);
		break;
	case AET_FACT_HOOKS:
		on_hooks(fact);
		break;
	case AET_FACT_TAKES_STATE:
		on_takes_state(fact);
		break;
	case AET_FACT_NOTIFIED:
		look_whether_ready(fact->generation);
		break;
	case AET_FACT_NOT_EXECUTED:
		on_not_executed(fact);
		break;
	case AET_FACT_EXITED:
		on_exited(fact->generation);
		break;
	case AET_FACT_GONE:
		aet_privacy_forget(fact->generation);
		aet_drain_sweep_listeners();
		break;
	case AET_FACT_COPIED:
		aet_machine_dispatch(AET_EVENT_COPIED);
		break;
	case AET_FACT_DUMPED:
		if (!aet_late_merge_dumped()) {
			aet_forecast_dumped();
			aet_machine_dispatch(AET_EVENT_DUMPED);
		}
		break;
	case AET_FACT_LOADED:
		if (!aet_late_merge_loaded() && !aet_beside_is_awaited()) {
			aet_forecast_loaded();
			aet_machine_dispatch(AET_EVENT_LOADED);
		}
		break;
	case AET_FACT_STATE_FAILED:
		on_state_failed();
		break;
	}
}

void aet_observe_facts(void)
{
	struct aet_fact fact;

	while (aet_fact_take(&fact))
		observe(&fact);
	aet_book_write();
}

void aet_observe_begin(void)
{
	aet_members_set_notes(aet_queue_moved, aet_queue_stayed);
}
