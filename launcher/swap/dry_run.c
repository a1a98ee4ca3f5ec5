#include "swap/dry_run.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "state/comparison.h"
#include "control/control.h"
#include "process/generation.h"
#include "swap/handover.h"
#include "base/json.h"
#include "base/log.h"
#include "process/member.h"
#include "phase.h"
#include "state/state.h"
#include "supervisor.h"
#include "swap/swap.h"
#include "swap/swap_event.h"

static bool is_on;
static bool is_open; /* the serving generation goes on already */
static bool is_lost; /* the new version takes no state, and there is some */
static bool is_echoing; /* the new version has its state, and was asked for it */
static bool is_over; /* the new version came as far as it should */
static uint64_t opened_us;
static char reason[24]; /* empty: it would serve */
static char outcome[256];
static struct aet_comparison comparison;
static struct aet_last_swap last; /* as they were before */
static unsigned committed;
static unsigned rolled_back;

bool aet_dry_run_is_on(void)
{
	return is_on;
}

static double ms_between(uint64_t from_us, uint64_t to_us)
{
	return from_us && to_us >= from_us ? (double)(to_us - from_us) / 1000 : 0;
}

static void print_json(FILE *out)
{
	struct aet_json json;
	char *text = NULL;

	aet_json_init(&json);
	aet_json_begin_object(&json);
	aet_json_key(&json, "ok");
	aet_json_bool(&json, !reason[0]);
	aet_json_key(&json, "reason");
	aet_json_string(&json, reason);
	aet_json_key(&json, "detail");
	aet_json_string(&json, outcome);
	aet_json_key(&json, "sections");
	aet_comparison_print_json(&comparison, &json);
	aet_json_end_object(&json);
	if (aet_json_take(&json, &text, NULL) == 0)
		(void)fprintf(out, "%s\n", text);
	aet_json_fini(&json);
	free(text);
}

static void print(FILE *out, bool json)
{
	if (json)
		print_json(out);
	else
		aet_comparison_print(&comparison, out);
}

static void answer(void)
{
	char line[300];

	(void)snprintf(line, sizeof(line), "%s%s%s", reason, reason[0] ? ": " : "", outcome);
	aet_log_info("dry run: %s", line);
	aet_control_answer_dry_run(reason[0] ? 1 : 0, line, print);
	aet_comparison_free(&comparison);
}

static void set_outcome(const char *word, const char *detail)
{
	(void)snprintf(reason, sizeof(reason), "%s", word);
	(void)snprintf(outcome, sizeof(outcome), "%s", detail);
}

/* A real swap would cut the oldest generation that drains: this one changes nothing. */
static bool has_room(void)
{
	int count = 0;

	AET_FOREACH_GENERATION(g)
		count += g != aet_sup.serving && g->state != AET_GENERATION_KILLED;
	return count < AET_DRAINING_MAX;
}

void aet_dry_run_request(void)
{
	if (aet_sup.swap != AET_SWAP_NONE || !aet_sup.serving || aet_sup.stopping) {
		if (is_on)
			return; /* answered with the one in hand */
		set_outcome("busy", "the launcher is starting, swapping or stopping");
		answer();
		return;
	}
	/* A reload waits for what becomes of the last swap. */
	if (aet_sup.settle_timer.armed || aet_sup.restart_timer.armed) {
		set_outcome("busy", "the last swap is not settled yet");
		answer();
		return;
	}
	if (!has_room()) {
		set_outcome("busy", "as many older generations drain as may");
		answer();
		return;
	}
	is_on = true;
	is_open = is_lost = is_echoing = is_over = false;
	opened_us = 0;
	last = aet_sup.last;
	committed = aet_sup.committed;
	rolled_back = aet_sup.rolled_back;
	(void)aet_swap_request();
}

/* Nobody is released by it: the candidate waits under this word as under the gate's. */
static void open_again(void)
{
	uint32_t serving = aet_sup.serving->number;
	uint64_t gated = aet_word(AET_PHASE_GATED, serving, aet_sup.candidate->number);
	uint64_t open = aet_word(AET_PHASE_OPEN, serving, aet_sup.candidate->number);

	if (is_open)
		return;
	is_open = true;
	opened_us = aet_now_us();
	(void)atomic_compare_exchange_strong(&aet_sup.page->word, &gated, open);
	atomic_store(&aet_sup.page->busy_policy, AET_BUSY_POLICY_NONE);
	aet_members_wake(serving);
}

/* What lives in shared memory has to stand still until it is loaded. */
void aet_dry_run_dumped(void)
{
	if (!aet_comparison_shares_memory(aet_state_dumped()))
		open_again();
}

static void conclude(void)
{
	double pause_ms = ms_between(aet_sup.gated_us, is_open ? opened_us : aet_now_us());
	char detail[200];

	is_over = true;
	(void)snprintf(detail, sizeof(detail),
		"the new version would serve: boot %.1f ms, pause %.1f ms, state %llu bytes",
		ms_between(aet_sup.requested_us, aet_sup.ready_us), pause_ms,
		(unsigned long long)aet_state_bytes());
	set_outcome("", detail);
	if (is_lost)
		set_outcome("state_missing",
			"the new version takes no state: what there is would be lost");
}

static const char *first_missing(void)
{
	for (unsigned i = 0; i < comparison.count; i++)
		if (!comparison.rows[i].after.is_there)
			return comparison.rows[i].name;
	return "";
}

void aet_dry_run_compare(void)
{
	char detail[200];

	conclude();
	if (aet_comparison_make(&comparison, aet_state_dumped(), aet_state_echoed()) < 0)
		set_outcome("no_memory", "the two states could not be compared");
	if (comparison.missing > 0) {
		(void)snprintf(detail, sizeof(detail),
			"%u sections would not be handed on by the new version, the first is '%s'",
			comparison.missing, first_missing());
		set_outcome("state_missing", detail);
	}
	aet_swap_abandon("", "");
}

void aet_dry_run_loaded(void)
{
	if (!aet_handover_is_on()) {
		conclude();
		aet_swap_abandon("", "");
		return;
	}
	open_again();
	if (aet_state_dumpers(aet_sup.candidate) == 0) {
		aet_dry_run_compare();
		return;
	}
	is_echoing = true;
	aet_sup.swap = AET_SWAP_ECHO;
	aet_swap_watch(aet_sup.next_config->handoff_timeout_ms);
	if (aet_state_begin_echo(aet_sup.candidate, aet_sup.next_config->mechanism) < 0)
		aet_swap_abandon(
			"workers_changed", "a process of the new version came or went meanwhile");
}

void aet_dry_run_lose(void)
{
	is_lost = true;
}

void aet_dry_run_orphan(void)
{
	if (is_open)
		aet_state_drop();
}

/* The reason is the swap's; that a dump failed after the load is the new version's doing. */
static void blame(void)
{
	char detail[sizeof(outcome)];

	(void)snprintf(detail, sizeof(detail), "%s%s",
		is_echoing ? "the new version cannot write what it has loaded: " : "",
		aet_sup.last.detail);
	set_outcome(aet_sup.last.reason, detail);
}

void aet_dry_run_end(void)
{
	if (!is_on)
		return;
	is_on = false;
	if (!is_over)
		blame();
	aet_sup.last = last;
	aet_sup.committed = committed;
	aet_sup.rolled_back = rolled_back;
	answer();
}
