#include "swap/snapshot_timer.h"

#include <stdbool.h>

#include "base/loop.h"
#include "process/member.h"
#include "service/fact.h"
#include "service/service.h"
#include "state/state.h"
#include "swap/answer.h"
#include "swap/swap.h"
#include "util.h"

static struct aet_timer timer;
static uint64_t every_ms; /* 0: the timer is not armed */
static uint64_t due_ms;

static bool is_quiet(void)
{
	struct aet_busy_count count;

	aet_members_count(aet_swap.serving->number, &count);
	return count.unquiet == 0;
}

static void on_timer(struct aet_timer *fired);

static void arm(uint64_t in_ms)
{
	aet_timer_start(&timer, in_ms, on_timer, NULL);
}

static void begin_period(void)
{
	due_ms = aet_now_ms() + every_ms;
	arm(every_ms);
}

static void on_timer(struct aet_timer *fired)
{
	uint64_t patience_ms = AET_MAX(every_ms / AET_DUE_SHARE, (uint64_t)AET_DUE_LEAST_MS);

	(void)fired;
	if (aet_swap.state != AET_SWAP_SERVE || !aet_swap.serving) {
		arm(AET_DUE_LEAST_MS); /* it is due when that is over */
		due_ms = aet_now_ms() + AET_DUE_LEAST_MS;
	} else if (aet_state_dumpers(aet_swap.serving) == 0) {
		begin_period();
	} else if (is_quiet()) {
		aet_fact_post(&(struct aet_fact){.kind = AET_FACT_DUE});
		begin_period();
	} else if (aet_now_ms() >= due_ms + patience_ms) {
		aet_answer_skipped("busy", "the program was never quiet in that time");
		begin_period();
	} else {
		arm(AET_DUE_LOOK_MS);
	}
}

void aet_snapshot_timer_look(void)
{
	if (aet_service.config->snapshot_every_ms == every_ms)
		return;
	every_ms = aet_service.config->snapshot_every_ms;
	if (every_ms == 0)
		aet_timer_stop(&timer);
	else
		begin_period();
}
