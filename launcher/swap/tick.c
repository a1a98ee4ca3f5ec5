#include "swap/tick.h"

#include "process/member.h"
#include "process/stillborn.h"
#include "state/attach.h"
#include "state/prefault.h"
#include "state/state.h"
#include "state/state_late.h"
#include "swap/awaited.h"
#include "swap/beside.h"
#include "swap/narrow.h"
#include "swap/phase_word.h"
#include "swap/ready.h"
#include "swap/restart.h"
#include "swap/state_workers.h"
#include "swap/stop_first.h"
#include "swap/stop_names.h"
#include "swap/why_ended.h"

#define BOOT_TICK_MS  10
#define START_TICK_MS 50
#define LOAD_TICK_MS  2
#define COPY_TICK_MS  20
#define STATE_TICK_MS 1 /* clients wait */

uint64_t aet_tick_ms(enum aet_swap_state state)
{
	static const uint64_t every_ms[AET_SWAP_STATE_COUNT] = {
		[AET_SWAP_BOOT] = BOOT_TICK_MS,
		[AET_SWAP_SETTLE] = STATE_TICK_MS,
		[AET_SWAP_GATE] = STATE_TICK_MS,
		[AET_SWAP_QUIET] = STATE_TICK_MS,
		[AET_SWAP_DUMP] = STATE_TICK_MS,
		[AET_SWAP_COPY] = COPY_TICK_MS,
		[AET_SWAP_LOAD] = STATE_TICK_MS,
		[AET_SWAP_ECHO] = STATE_TICK_MS,
		[AET_SWAP_YIELD] = BOOT_TICK_MS,
		[AET_SWAP_START] = START_TICK_MS,
		[AET_SWAP_RESTORE] = LOAD_TICK_MS,
	};

	return every_ms[state];
}

static bool is_quiet(void)
{
	struct aet_busy_count count;

	aet_members_count(aet_swap.serving->number, &count);
	return count.unquiet == 0;
}

static void look_at_boot(void)
{
	aet_narrow_look(aet_swap.candidate);
	if (aet_ready_is(aet_swap.candidate, true))
		aet_swap_post(AET_EVENT_READY);
	else if (aet_why_ended_is_stillborn(aet_swap.candidate))
		aet_swap_post(AET_EVENT_UNDONE);
	else if (!aet_attach_is_awaited(aet_swap.serving))
		aet_state_ask_again(aet_swap.serving);
	aet_awaited_tell(aet_swap.candidate);
}

static void look_at_start(void)
{
	if (!aet_swap.serving)
		return;
	aet_narrow_look(aet_swap.serving);
	if (aet_ready_is(aet_swap.serving, true))
		aet_swap_post(AET_EVENT_READY);
	else
		(void)aet_stillborn_look(aet_swap.serving); /* it counts */
	aet_awaited_tell(aet_swap.serving);
}

/* Prepares the memory again if the number of state workers has changed since the swap began. */
static bool are_workers_whole(void)
{
	if (!aet_swap.candidate)
		return true;
	switch (aet_state_workers_check(false)) {
	case AET_STATE_WORKERS_WHOLE:
		if (aet_state_dumpers(aet_swap.serving) != aet_state_pieces())
			aet_state_prepare(aet_swap.serving, aet_swap_config()->mechanism);
		return true;
	case AET_STATE_WORKERS_CHANGED:
		aet_state_workers_blame();
		aet_swap_post(AET_EVENT_FAILED);
		return false;
	case AET_STATE_WORKERS_AWAITED:
	default:
		return false;
	}
}

static void look_at_settling(void)
{
	if (!aet_stop_names_are_safe(AET_EVENT_FAILED, false))
		return;
	if (are_workers_whole() && !aet_prefault_is_running() && is_quiet() &&
		!aet_late_is_active())
		aet_swap_post(AET_EVENT_CALM);
}

static void look_at_gate(void)
{
	if (aet_members_are_gated(aet_swap.serving->number, aet_phase_now()))
		aet_swap_post(AET_EVENT_GATED);
	else
		aet_members_wake(aet_swap.serving->number);
}

static void look_at_yield(void)
{
	if (aet_stop_first_has_yielded())
		aet_swap_post(AET_EVENT_CALM);
	else
		aet_members_wake(aet_swap.serving->number);
}

/* Whoever still runs beside the state workers is woken until it stands still. */
static void look_at_load(void)
{
	aet_state_nudge();
	if (aet_beside_is_awaited())
		aet_members_wake(aet_swap.serving->number);
	else if (aet_state_is_loaded())
		aet_swap_post(AET_EVENT_LOADED);
}

void aet_tick(enum aet_swap_state state)
{
	if (aet_tick_ms(state) == 0)
		return;
	if (!aet_phase_is_ours()) {
		aet_swap_fail(AET_EVENT_UNDONE, "gate_failed", "a process undid the swap");
		return;
	}
	switch (state) {
	case AET_SWAP_BOOT:
		look_at_boot();
		break;
	case AET_SWAP_SETTLE:
		look_at_settling();
		break;
	case AET_SWAP_GATE:
		look_at_gate();
		break;
	case AET_SWAP_QUIET:
		if (is_quiet() && aet_late_cancel())
			aet_swap_post(AET_EVENT_CALM);
		break;
	case AET_SWAP_YIELD:
		look_at_yield();
		break;
	case AET_SWAP_START:
		look_at_start();
		break;
	case AET_SWAP_COPY:
		aet_state_look_at_copies();
		break;
	case AET_SWAP_RESTORE:
		aet_restart_go_on_loading();
		break;
	case AET_SWAP_LOAD:
		look_at_load();
		break;
	default: /* DUMP, ECHO */
		aet_state_nudge();
		break;
	}
}
