#include "swap/inquire_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "service/service.h"
#include "state/inquiry.h"
#include "state/state.h"
#include "swap/forecast.h"
#include "swap/privacy_report.h"
#include "swap/swap.h"

struct totals {
	uint64_t pause_ms; /* of the slowest process: they do it at the same time */
	uint64_t objects;
	uint64_t bytes;
	unsigned described;
};

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 10);
}

static bool is(const struct aet_inquiry_line *line, const char *word)
{
	return strcmp(line->fields[0], word) == 0;
}

static bool leads_nowhere(const struct aet_inquiry_line *line)
{
	return is(line, "name") &&
		(strcmp(line->fields[2], "nowhere") == 0 || strcmp(line->fields[2], "gone") == 0 ||
			strcmp(line->fields[2], "unlisted") == 0);
}

static void look_for_problem(const struct aet_inquiry_line *line, void *data)
{
	char *text = data;

	if (text[0])
		return;
	if (is(line, "problem"))
		(void)snprintf(text, 192, "cannot travel: %s", line->fields[2]);
	else if (leads_nowhere(line))
		(void)snprintf(
			text, 192, "state_missing: '%.80s': %s", line->fields[1], line->fields[3]);
}

const char *aet_inquire_report_problem(void)
{
	static char text[192];

	text[0] = '\0';
	aet_inquiry_visit(look_for_problem, text);
	return text;
}

static void add_up(const struct aet_inquiry_line *line, void *data)
{
	struct totals *totals = data;

	if (!is(line, "pause"))
		return;
	totals->described++;
	if (number(line->fields[1]) > totals->pause_ms)
		totals->pause_ms = number(line->fields[1]);
	totals->objects += number(line->fields[2]);
	totals->bytes += number(line->fields[3]);
}

/* What was measured counts, if it is more. */
static struct totals sum(void)
{
	struct totals totals = {0};

	aet_inquiry_visit(add_up, &totals);
	if (aet_forecast_measured_ms() > (double)totals.pause_ms)
		totals.pause_ms = (uint64_t)aet_forecast_measured_ms();
	return totals;
}

/* --- text --- */

static void print_line(const struct aet_inquiry_line *line, void *data)
{
	FILE *out = data;
	const char *const *field = line->fields;
	char process[32] = "";

	if (line->process > 0)
		(void)snprintf(process, sizeof(process), "process %u: ", line->process);
	if (is(line, "value"))
		(void)fprintf(out, "state: %s%s: %s, %s bytes, %s objects\n", process, field[1],
			field[2], field[3], field[4]);
	else if (is(line, "problem"))
		(void)fprintf(out, "cannot travel: %s%s\n", process, field[2]);
	else if (is(line, "suggest"))
		(void)fprintf(out, "not named: %s%s: %s, %s objects\n", process, field[1], field[2],
			field[3]);
	else if (is(line, "note"))
		(void)fprintf(out, "note: %s%s: %s\n", process, field[1], field[2]);
	else if (leads_nowhere(line))
		(void)fprintf(out, "leads nowhere: %s%s: %s\n", process, field[1], field[3]);
	else if (is(line, "name") && strcmp(field[2], "here") != 0)
		(void)fprintf(out, "state: %s%s: %s\n", process, field[1],
			strcmp(field[2], "pending") == 0 ? "its module is not imported yet"
							 : field[3]);
}

static void print_text(FILE *out)
{
	struct totals totals = sum();

	aet_privacy_report_print_public(out);
	aet_privacy_report_print(out);
	aet_inquiry_visit(print_line, out);
	if (totals.described > 0)
		(void)fprintf(out,
			"pause to expect: about %llu ms, for %llu objects and %llu bytes; "
			"the last dump and load took %.0f ms; handoff.timeout is %llu ms\n",
			(unsigned long long)totals.pause_ms, (unsigned long long)totals.objects,
			(unsigned long long)totals.bytes, aet_forecast_measured_ms(),
			(unsigned long long)aet_service.config->handoff_timeout_ms);
	else if (aet_swap.serving && aet_state_dumpers(aet_swap.serving) > 0)
		(void)fprintf(out, "state: of %u processes, by hooks that say nothing of it\n",
			aet_state_dumpers(aet_swap.serving));
	else
		(void)fprintf(out, "state: no process of the program has any\n");
}

/* --- JSON --- */

struct selection {
	struct aet_json *json;
	const char *word;
};

static void add_common(struct aet_json *json, const struct aet_inquiry_line *line)
{
	aet_json_begin_object(json);
	aet_json_add_int64(json, "process", line->process > 0 ? line->process : 1);
	aet_json_add_string(json, "name", line->fields[1]);
}

static void add_line(const struct aet_inquiry_line *line, void *data)
{
	const struct selection *selection = data;
	struct aet_json *json = selection->json;

	if (!is(line, selection->word))
		return;
	add_common(json, line);
	if (is(line, "name")) {
		aet_json_add_string(json, "verdict", line->fields[2]);
		aet_json_add_string(json, "text", line->fields[3]);
	} else if (is(line, "problem") || is(line, "note")) {
		aet_json_add_string(json, "text", line->fields[2]);
	} else {
		aet_json_add_string(json, "type", line->fields[2]);
		if (is(line, "value"))
			aet_json_add_int64(json, "bytes", (int64_t)number(line->fields[3]));
		aet_json_add_int64(
			json, "objects", (int64_t)number(line->fields[is(line, "value") ? 4 : 3]));
	}
	aet_json_end_object(json);
}

static void add_lines(struct aet_json *json, const char *key, const char *word)
{
	aet_json_key(json, key);
	aet_json_begin_array(json);
	aet_inquiry_visit(add_line, &(struct selection){.json = json, .word = word});
	aet_json_end_array(json);
}

static void print_json(FILE *out)
{
	struct totals totals = sum();
	struct aet_json json;

	aet_json_init(&json);
	aet_json_begin_object(&json);
	aet_json_add_bool(&json, "ok", !aet_inquire_report_problem()[0]);
	aet_privacy_report_add_public(&json);
	aet_privacy_report_add(&json);
	add_lines(&json, "names", "name");
	add_lines(&json, "values", "value");
	add_lines(&json, "problems", "problem");
	add_lines(&json, "suggestions", "suggest");
	add_lines(&json, "notes", "note");
	if (totals.described > 0)
		aet_json_add_int64(&json, "pause_ms", (int64_t)totals.pause_ms);
	else
		aet_json_add_null(&json, "pause_ms");
	aet_json_add_double(&json, "measured_ms", aet_forecast_measured_ms());
	aet_json_add_int64(&json, "objects", (int64_t)totals.objects);
	aet_json_add_int64(&json, "bytes", (int64_t)totals.bytes);
	aet_json_end_object(&json);
	(void)aet_json_print(&json, out);
}

void aet_inquire_report_print(FILE *out, bool json)
{
	if (json)
		print_json(out);
	else
		print_text(out);
}
