#include "swap/snapshot.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>

#include "control/control.h"
#include "base/log.h"
#include "process/member.h"
#include "state/prefault.h"
#include "swap/restart.h"
#include "state/state.h"
#include "supervisor.h"
#include "swap/swap.h"
#include "swap/swap_event.h"

/* Every gate has a word of its own: no generation ever has such a number. */
#define NOBODY 0x8000000u

enum stage { SETTLING, GATING, QUIETING, DUMPING };

static enum stage stage;
static bool wanted; /* asked for while something else was in hand */
static uint64_t begun_us;
static uint32_t serial; /* of the last one */

static void refuse(const char *reason, const char *detail)
{
	char line[256];

	(void)snprintf(line, sizeof(line), "%s: %s", reason, detail);
	aet_log_error("no snapshot: %s", line);
	aet_control_answer_snapshot(1, line);
}

void aet_snapshot_request(void)
{
	if (aet_sup.swap != AET_SWAP_NONE) {
		wanted = true;
		return;
	}
	if (!aet_sup.serving || !aet_sup.serving->was_ready) {
		refuse("stopped", "the program does not serve at the moment");
		return;
	}
	if (aet_state_dumpers(aet_sup.serving) == 0) {
		refuse("dump_failed", "no process of the program has state to dump");
		return;
	}
	aet_sup.swap = AET_SWAP_SNAP;
	stage = SETTLING;
	begun_us = aet_now_us();
	aet_state_prepare(aet_sup.serving, aet_sup.config->mechanism);
	aet_swap_watch(aet_sup.config->settle_timeout_ms);
	aet_snapshot_poll();
}

void aet_snapshot_resume(void)
{
	if (!wanted || aet_sup.swap != AET_SWAP_NONE)
		return;
	wanted = false;
	aet_snapshot_request();
}

/* A swap to nobody: whoever undoes it, if the launcher dies, opens the gate. */
static void gate(void)
{
	uint32_t serving = aet_sup.serving->number;

	stage = GATING;
	atomic_store(&aet_sup.page->busy_policy, AET_BUSY_POLICY_WAIT);
	serial = (serial + 1) % NOBODY;
	atomic_store(&aet_sup.page->word, aet_word(AET_PHASE_GATED, serving, NOBODY | serial));
	aet_swap_raise_backlogs();
	aet_members_wake(serving);
	aet_swap_watch(aet_sup.config->handoff_timeout_ms);
	aet_swap_member_gated(serving);
}

void aet_snapshot_poll(void)
{
	struct aet_busy_count count;
	bool is_quiet;

	aet_members_count(aet_sup.serving->number, &count);
	is_quiet = count.unquiet == 0;
	switch (stage) {
	case SETTLING:
		if (is_quiet && !aet_prefault_is_running())
			gate();
		break;
	case GATING:
		aet_members_wake(aet_sup.serving->number);
		break;
	case QUIETING:
		if (is_quiet)
			aet_swap_happen(AET_EVENT_QUIET);
		break;
	case DUMPING:
		aet_state_nudge();
		break;
	}
}

void aet_snapshot_shut(void)
{
	if (stage != GATING)
		return;
	stage = QUIETING;
	aet_snapshot_poll();
}

void aet_snapshot_dump(void)
{
	stage = DUMPING;
	if (aet_state_begin_dump(aet_sup.serving) == 0)
		return;
	aet_swap_set_cause("workers_changed", "a process with state came or went meanwhile");
	aet_snapshot_fail();
}

/* The generation goes on. */
static void open_again(void)
{
	uint32_t serving = aet_sup.serving->number;

	atomic_store(&aet_sup.page->word, aet_word(AET_PHASE_OPEN, serving, 0));
	atomic_store(&aet_sup.page->busy_policy, AET_BUSY_POLICY_NONE);
	aet_members_wake(serving);
}

void aet_snapshot_keep(void)
{
	aet_state_keep(true);
	open_again();
	aet_log_info("snapshot: %llu bytes, %.1f ms", (unsigned long long)aet_state_kept_bytes(),
		(double)(aet_now_us() - begun_us) / 1000);
	aet_control_answer_snapshot(0, "");
	aet_swap_finish();
}

void aet_snapshot_fail(void)
{
	const struct aet_swap_cause *cause = aet_swap_get_cause();

	aet_state_drop();
	open_again();
	refuse(cause->reason, cause->detail);
	aet_swap_finish();
}

void aet_snapshot_lost(void)
{
	aet_state_drop();
	atomic_store(&aet_sup.page->busy_policy, AET_BUSY_POLICY_NONE);
	refuse("exited", "the program ended meanwhile");
	aet_swap_finish();
	aet_restart_or_end();
}

void aet_snapshot_late(void)
{
	switch (stage) {
	case SETTLING:
		gate();
		return;
	case GATING:
		aet_swap_set_cause("gate_failed", "a process did not stop taking requests");
		break;
	case QUIETING:
		aet_swap_set_cause("busy", "requests were in flight at the end of handoff.timeout");
		break;
	case DUMPING:
		aet_state_blame_late_dump();
		break;
	}
	aet_snapshot_fail();
}
