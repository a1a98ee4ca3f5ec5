#include "swap/machine.h"

#include <stddef.h>

#include "base/log.h"
#include "base/loop.h"
#include "swap/boot.h"
#include "swap/commit.h"
#include "swap/dry_run.h"
#include "swap/gate.h"
#include "swap/guard.h"
#include "swap/handover.h"
#include "swap/mourn.h"
#include "swap/request.h"
#include "swap/restart.h"
#include "swap/snapshot_timer.h"
#include "swap/stop.h"
#include "swap/stop_first.h"
#include "swap/tick.h"
#include "swap/undo.h"

static const struct aet_swap_row table[] = {
#define T(state, event, guard, action, next, timeout)                                              \
	{AET_SWAP_##state, AET_EVENT_##event, aet_guard_##guard, aet_act_##action,                 \
		AET_SWAP_##next, AET_TIMEOUT_##timeout,                                            \
		#state " " #event " " #guard " " #action " " #next},
#include "swap/table.def"
#undef T
};

#define ROW_COUNT (sizeof(table) / sizeof(table[0]))

static struct aet_timer timeout_timer;
static struct aet_timer tick_timer;

const struct aet_swap_row *aet_machine_rows(unsigned *ret_count)
{
	*ret_count = ROW_COUNT;
	return table;
}

static const struct aet_swap_row *find(
	const struct aet_machine *machine, enum aet_swap_state state, enum aet_swap_event event)
{
	for (unsigned i = 0; i < machine->count; i++) {
		const struct aet_swap_row *row = &machine->rows[i];

		if (row->state == state && row->event == event && row->guard())
			return row;
	}
	return NULL;
}

static void enter(const struct aet_machine *machine, enum aet_swap_state state)
{
	bool is_new = aet_swap.state != state || state == AET_SWAP_FINISH;

	aet_swap.state = state;
	if (state == AET_SWAP_FINISH)
		aet_swap_post(AET_EVENT_DONE);
	if (is_new)
		machine->entered(state);
}

static void take(const struct aet_machine *machine, enum aet_swap_event event)
{
	static const struct aet_swap_row *last_taken;
	const struct aet_swap_row *row = find(machine, aet_swap.state, event);

	if (!row)
		return;
	if (row != last_taken) /* a state that waits on says so once */
		aet_log_debug("swap: %s", row->text);
	last_taken = row;
	row->action();
	if (row->timeout != AET_TIMEOUT_KEEP)
		machine->arm(row->timeout);
	enter(machine, row->next);
}

void aet_machine_run(const struct aet_machine *machine, enum aet_swap_event event)
{
	take(machine, event);
	while (aet_swap.inner != AET_EVENT_NONE) {
		event = aet_swap.inner;
		aet_swap.inner = AET_EVENT_NONE;
		take(machine, event);
	}
}

static void on_timeout(struct aet_timer *timer)
{
	(void)timer;
	aet_machine_dispatch(AET_EVENT_TIMEOUT);
}

static void on_tick(struct aet_timer *timer)
{
	aet_timer_start(timer, aet_tick_ms(aet_swap.state), on_tick, NULL);
	aet_tick(aet_swap.state);
	aet_machine_dispatch(AET_EVENT_NONE);
}

static void arm_timeout(enum aet_timeout kind)
{
	if (kind == AET_TIMEOUT_NONE)
		aet_timer_stop(&timeout_timer);
	else
		aet_timer_start(&timeout_timer, aet_timeout_ms(kind), on_timeout, NULL);
}

static void begin_to_tick(enum aet_swap_state state)
{
	uint64_t every_ms = aet_tick_ms(state);

	if (state == AET_SWAP_SERVE)
		aet_snapshot_timer_look();
	if (every_ms > 0)
		aet_timer_start(&tick_timer, every_ms, on_tick, NULL);
	else
		aet_timer_stop(&tick_timer);
	if (aet_swap.inner == AET_EVENT_NONE)
		aet_tick(state);
}

void aet_machine_dispatch(enum aet_swap_event event)
{
	static const struct aet_machine machine = {
		.rows = table, .count = ROW_COUNT, .arm = arm_timeout, .entered = begin_to_tick};

	aet_machine_run(&machine, event);
}

int aet_machine_begin(void)
{
	aet_swap.state = AET_SWAP_DOWN;
	aet_machine_dispatch(AET_EVENT_TIMEOUT);
	return aet_swap.serving ? 0 : -1;
}
