#include "rehearsal.h"

#include <stdio.h>

#include "control.h"
#include "log.h"
#include "state.h"
#include "supervisor.h"
#include "swap.h"

static bool is_on;
static bool succeeded;
static char outcome[256];
static struct aet_last_swap last; /* as they were before */
static unsigned committed;
static unsigned rolled_back;

bool aet_rehearsal_is_on(void)
{
	return is_on;
}

void aet_rehearsal_request(void)
{
	if (aet_sup.swap != AET_SWAP_NONE || !aet_sup.serving || aet_sup.stopping) {
		aet_control_answer_rehearsal(
			1, "busy: the launcher is starting, swapping or stopping");
		return;
	}
	is_on = true;
	succeeded = false;
	last = aet_sup.last;
	committed = aet_sup.committed;
	rolled_back = aet_sup.rolled_back;
	(void)aet_swap_request();
}

void aet_rehearsal_succeed(void)
{
	double pause_ms = (double)(aet_now_us() - aet_sup.gated_us) / 1000;
	double boot_ms = (double)(aet_sup.ready_us - aet_sup.requested_us) / 1000;

	succeeded = true;
	(void)snprintf(outcome, sizeof(outcome),
		"the new version would serve: boot %.1f ms, pause %.1f ms, state %llu bytes",
		boot_ms, pause_ms, (unsigned long long)aet_state_bytes());
}

void aet_rehearsal_end(void)
{
	if (!is_on)
		return;
	is_on = false;
	if (!succeeded)
		(void)snprintf(outcome, sizeof(outcome), "%s: %s", aet_sup.last.reason,
			aet_sup.last.detail);
	aet_log_info("dry run: %s", outcome);
	aet_sup.last = last;
	aet_sup.committed = committed;
	aet_sup.rolled_back = rolled_back;
	aet_control_answer_rehearsal(succeeded ? 0 : 1, outcome);
}
