#include "swap/dry_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "service/waiter.h"
#include "state/comparison.h"
#include "state/state.h"
#include "swap/gate.h"
#include "swap/swap.h"
#include "util.h"

static bool is_open; /* the serving generation goes on */
static bool is_echoing; /* the candidate has loaded, and was told to dump */
static uint64_t opened_us;
static char reason[AET_SWAP_REASON]; /* empty: the new version would serve */
static char outcome[256];
static struct aet_comparison comparison;

void aet_dry_run_begin(void)
{
	is_open = is_echoing = false;
	opened_us = 0;
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

static void set_outcome(const char *word, const char *detail)
{
	(void)snprintf(reason, sizeof(reason), "%s", word);
	(void)snprintf(outcome, sizeof(outcome), "%s", detail);
}

static void open_once(void)
{
	is_open = true;
	opened_us = aet_now_us();
}

bool aet_dry_run_may_open(void)
{
	if (is_open || aet_comparison_shares_memory(aet_state_dumped()))
		return false;
	open_once();
	return true;
}

bool aet_dry_run_is_open(void)
{
	return is_open;
}

void aet_act_echo(void)
{
	if (!is_open) {
		open_once();
		aet_gate_open();
	}
	is_echoing = true;
	if (aet_state_begin_echo(aet_swap.candidate, aet_swap.next_config->mechanism) < 0)
		aet_swap_fail(AET_EVENT_FAILED, "workers_changed",
			"a process of the new version came or went meanwhile");
}

static const char *first_missing(void)
{
	for (unsigned i = 0; i < comparison.count; i++)
		if (!comparison.rows[i].after.is_there)
			return comparison.rows[i].name;
	return "";
}

static void compare_states(void)
{
	char detail[200];

	if (aet_comparison_make(&comparison, aet_state_dumped(), aet_state_echoed()) < 0)
		set_outcome("no_memory", "the two states could not be compared");
	if (comparison.missing == 0)
		return;
	(void)snprintf(detail, sizeof(detail),
		"%u sections would not be handed on by the new version, the first is '%s'",
		comparison.missing, first_missing());
	set_outcome("state_missing", detail);
}

void aet_dry_run_conclude(bool with_states)
{
	double pause_ms = ms_between(aet_swap.gated_us, is_open ? opened_us : aet_now_us());
	char detail[200];

	(void)snprintf(detail, sizeof(detail),
		"the new version would serve: boot %.1f ms, pause %.1f ms, state %llu bytes",
		ms_between(aet_swap.requested_us, aet_swap.ready_us), pause_ms,
		(unsigned long long)aet_state_bytes());
	set_outcome("", detail);
	if (aet_swap.loses_state)
		set_outcome("state_missing",
			"the new version takes no state: what there is would be lost");
	if (with_states)
		compare_states();
}

void aet_dry_run_tell(void)
{
	char line[300];

	(void)snprintf(line, sizeof(line), "%s%s%s", reason, reason[0] ? ": " : "", outcome);
	aet_log_info("dry run: %s", line);
	aet_waiters_answer(AET_WAITER_DRY_RUN,
		&(struct aet_answer){.exit_code = reason[0] ? 1 : 0, .line = line, .print = print});
	aet_comparison_free(&comparison);
}

static bool is_of_a_dump(const char *word)
{
	static const char *const words[] = {
		"dump_failed", "dump_timeout", "no_memory", "no_safe_point"};

	for (size_t i = 0; i < AET_ARRAY_SIZE(words); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

/* If a dump fails after the load, it is the candidate's. */
void aet_dry_run_fail(const char *word, const char *detail)
{
	char text[sizeof(outcome)];

	(void)snprintf(text, sizeof(text), "%s%s",
		is_echoing && is_of_a_dump(word)
			? "the new version cannot write what it has loaded: "
			: "",
		detail);
	set_outcome(word, text);
	aet_dry_run_tell();
}
