#include "swap/stop_first.h"

#include <signal.h>

#include "base/log.h"
#include "base/loop.h"
#include "process/member.h"
#include "swap/backlogs.h"
#include "swap/phase_word.h"
#include "swap/swap.h"

static unsigned moved_before; /* connections, at the last call */

/* The next generation has only a number so far: if the launcher dies now, the process that notices
 * lets the old one serve on. */
void aet_act_yield(void)
{
	uint32_t serving = aet_swap.serving->number;

	aet_swap.gated_us = aet_now_us();
	aet_swap.moved = moved_before = 0;
	aet_backlogs_raise();
	aet_log_info("generation %u ends before the next one starts", serving);
	aet_phase_set(aet_word(AET_PHASE_YIELD, serving, aet_swap.last_number + 1));
	aet_members_wake(serving);
}

bool aet_stop_first_has_yielded(void)
{
	uint32_t number = aet_swap.serving->number;
	bool stands = aet_swap.moved == moved_before;

	moved_before = aet_swap.moved;
	return aet_swap.serving->is_static ||
		(stands && aet_members_busy(number) == 0 &&
			aet_members_followed(number, aet_phase_now()));
}

void aet_act_end_old(void)
{
	(void)aet_generation_signal(aet_swap.serving, SIGTERM);
}

void aet_act_kill_old(void)
{
	(void)aet_generation_signal(aet_swap.serving, SIGKILL);
}
