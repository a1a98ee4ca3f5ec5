#include "swap/inquire.h"

#include <string.h>

#include "aeterna/module.h"
#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "config/config_place.h"
#include "service/service.h"
#include "service/waiter.h"
#include "state/inquiry.h"
#include "state/state.h"
#include "state/state_late.h"
#include "swap/inquire_report.h"
#include "swap/swap.h"

#define LOOK_MS       10
#define NAMES_MS      2000 /* for processes with state to join and to answer */
#define SETTLED_MS    100 /* so long after the start nobody else is expected */
#define STOP_MS       2000
#define EVERYTHING_MS 30000
#define WARNINGS_MAX  16

struct warning {
	char name[128];
	char text[192];
};

static struct aet_timer timer;
static uint64_t begun_ms;
static bool is_asked; /* the processes are, or nobody can answer */
static bool wants_everything; /* a command waits */
static struct warning warnings[WARNINGS_MAX];
static unsigned warning_count;
static bool is_unclaimed; /* state is configured, and no process had any */

static void look(struct aet_timer *of);

static bool may_ask(void)
{
	return aet_swap.serving &&
		(aet_swap.state == AET_SWAP_SERVE || aet_swap.state == AET_SWAP_PROOF ||
			aet_swap.state == AET_SWAP_PROBATION);
}

static void look_later(void)
{
	aet_timer_start(&timer, LOOK_MS, look, NULL);
}

/* --- names that lead nowhere --- */

static bool is_lost(const char *verdict)
{
	return strcmp(verdict, "nowhere") == 0 || strcmp(verdict, "gone") == 0;
}

static void warn(const struct aet_inquiry_line *line, void *data)
{
	struct warning *warning = &warnings[warning_count];
	char place[4200];

	(void)data;
	if (strcmp(line->fields[0], "name") != 0 || !is_lost(line->fields[2]) ||
		warning_count == WARNINGS_MAX)
		return;
	for (unsigned i = 0; i < warning_count; i++)
		if (strcmp(warnings[i].name, line->fields[1]) == 0)
			return; /* another process has said so */
	(void)snprintf(warning->name, sizeof(warning->name), "%s", line->fields[1]);
	(void)snprintf(warning->text, sizeof(warning->text), "%s", line->fields[3]);
	warning_count++;
	aet_log_warning("%s: handoff.state: '%s' leads nowhere: %s",
		aet_config_place(aet_service.config, line->fields[1], place, sizeof(place)),
		line->fields[1], line->fields[3]);
}

static void conclude_names(void)
{
	char *const *names = aet_service.config->state;

	aet_inquiry_visit(warn, NULL);
	aet_inquiry_end();
	if (!names || !names[0] || aet_state_dumpers(aet_swap.serving) > 0)
		return;
	is_unclaimed = true;
	aet_log_warning("%s", AET_UNCLAIMED);
}

void aet_inquire_names(void)
{
	if (wants_everything)
		return;
	warning_count = 0;
	is_unclaimed = is_asked = false;
	begun_ms = aet_now_ms();
	look_later();
}

/* --- everything --- */

static void refuse(const char *line)
{
	wants_everything = false;
	aet_waiters_answer(AET_WAITER_DESCRIBE, &(struct aet_answer){.exit_code = 1, .line = line});
}

static void conclude_everything(void)
{
	const char *problem = aet_inquire_report_problem();

	wants_everything = false;
	aet_waiters_answer(AET_WAITER_DESCRIBE,
		&(struct aet_answer){.exit_code = problem[0] ? 1 : 0,
			.line = problem,
			.print = aet_inquire_report_print});
	aet_inquiry_end();
}

void aet_inquire_everything(void)
{
	aet_waiters_begin(AET_WAITER_DESCRIBE);
	if (!may_ask()) {
		refuse("busy: the launcher is starting or swapping");
		return;
	}
	wants_everything = true;
	is_asked = false;
	begun_ms = aet_now_ms();
	look(NULL);
}

/* --- the looks --- */

static void look_at_names(void)
{
	uint64_t age = aet_now_ms() - begun_ms;

	if (!is_asked && age >= SETTLED_MS && !aet_late_is_active())
		is_asked = aet_inquiry_begin(aet_swap.serving, AETERNA_STEP_NAMES);
	if ((is_asked && aet_inquiry_is_over()) || age >= NAMES_MS) {
		conclude_names();
		return;
	}
	aet_inquiry_nudge();
	look_later();
}

static void look(struct aet_timer *of)
{
	(void)of;
	if (!may_ask()) {
		aet_inquiry_end();
		if (wants_everything)
			refuse("busy: a swap has begun");
		return;
	}
	if (!wants_everything) {
		look_at_names();
		return;
	}
	/* A late merge has its step in the page. */
	if (!is_asked && !aet_late_is_active()) {
		(void)aet_inquiry_begin(aet_swap.serving, AETERNA_STEP_DESCRIBE);
		is_asked = true;
	}
	if ((is_asked && aet_inquiry_is_over()) || aet_now_ms() - begun_ms >= EVERYTHING_MS) {
		conclude_everything();
		return;
	}
	aet_inquiry_nudge();
	look_later();
}

/* --- overlap: false --- */

void aet_inquire_before_stop(void)
{
	aet_timer_stop(&timer);
	if (wants_everything)
		refuse("busy: a swap has begun");
	begun_ms = aet_now_ms();
	is_asked = false;
}

bool aet_inquire_is_over(void)
{
	if (!is_asked && aet_late_cancel()) {
		(void)aet_inquiry_begin(aet_swap.serving, AETERNA_STEP_NAMES);
		is_asked = true;
	}
	if (is_asked && (aet_inquiry_is_over() || aet_now_ms() - begun_ms >= STOP_MS))
		return true;
	aet_inquiry_nudge();
	return false;
}

struct refusal {
	char *detail;
	size_t size;
	bool found;
};

static void look_for_loss(const struct aet_inquiry_line *line, void *data)
{
	struct refusal *refusal = data;
	const char *verdict = line->fields[2];

	if (refusal->found || strcmp(line->fields[0], "name") != 0 ||
		(!is_lost(verdict) && strcmp(verdict, "unlisted") != 0))
		return;
	refusal->found = true;
	(void)snprintf(refusal->detail, refusal->size,
		"'%.60s': %.90s; nothing has ended. Or: reload --discard-state=%.60s",
		line->fields[1], line->fields[3], line->fields[1]);
}

bool aet_inquire_refuses(char *ret_detail, size_t size)
{
	struct refusal refusal = {.detail = ret_detail, .size = size};

	aet_inquiry_visit(look_for_loss, &refusal);
	aet_inquiry_end();
	is_asked = false;
	return refusal.found;
}

/* --- the status --- */

static bool is_unclaimed_still(void)
{
	return is_unclaimed && aet_swap.serving && aet_state_dumpers(aet_swap.serving) == 0;
}

void aet_inquire_print(FILE *out)
{
	for (unsigned i = 0; i < warning_count; i++)
		(void)fprintf(out, "warning: handoff.state: '%s' leads nowhere: %s\n",
			warnings[i].name, warnings[i].text);
	if (is_unclaimed_still())
		(void)fprintf(out, "warning: %s\n", AET_UNCLAIMED);
}

static void add(struct aet_json *json, const char *name, const char *text)
{
	char place[4200];

	aet_json_begin_object(json);
	aet_json_add_string(json, "name", name);
	aet_json_add_string(json, "text", text);
	aet_json_add_string(json, "place",
		aet_config_place(aet_service.config, name ? name : "", place, sizeof(place)));
	aet_json_end_object(json);
}

void aet_inquire_print_json(struct aet_json *json)
{
	aet_json_begin_array(json);
	for (unsigned i = 0; i < warning_count; i++)
		add(json, warnings[i].name, warnings[i].text);
	if (is_unclaimed_still())
		add(json, NULL, AET_UNCLAIMED);
	aet_json_end_array(json);
}
