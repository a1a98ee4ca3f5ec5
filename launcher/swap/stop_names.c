#include "swap/stop_names.h"

#include "state/attach.h"
#include "state/state.h"
#include "swap/inquire.h"

bool aet_stop_names_are_safe(enum aet_swap_event otherwise, bool at_once)
{
	char detail[AET_SWAP_DETAIL];

	if (aet_swap.goal != AET_GOAL_REPLACE || aet_state_pieces() > 0)
		return true;
	if (aet_state_dumpers(aet_swap.serving) == 0) {
		if (at_once || !aet_attach_is_awaited(aet_swap.serving))
			aet_swap_fail(otherwise, "dump_failed", AET_UNCLAIMED);
		return false;
	}
	if (!aet_inquire_is_over() && !at_once)
		return false;
	if (!aet_inquire_is_over()) {
		aet_swap_fail(otherwise, "no_safe_point",
			"a process with state came to no blocking system call");
		return false;
	}
	if (aet_inquire_refuses(detail, sizeof(detail))) {
		aet_swap_fail(otherwise, "state_missing", detail);
		return false;
	}
	aet_state_prepare(aet_swap.serving, aet_swap_config()->mechanism);
	return true;
}
