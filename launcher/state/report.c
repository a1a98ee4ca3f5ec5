#include "state/report.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "state/state_set.h"
#include "state/state_step.h"
#include "state/state_table.h"

struct section {
	char name[80];
	uint64_t bytes;
	bool knows_bytes;
	bool is_pending;
};

static struct section *sections; /* owned */
static unsigned count;

void aet_report_clear(void)
{
	free(sections);
	sections = NULL;
	count = 0;
}

static void add(const struct aet_state_piece *piece)
{
	struct aet_state_table table;
	struct section *grown;
	bool described;

	if (aet_state_table_read(piece->fd, &table) < 0)
		return;
	described = aet_state_table_is_described(&table);
	grown = realloc(sections, (count + table.count + 1) * sizeof(*grown));
	if (grown)
		sections = grown;
	for (uint32_t i = 0; grown && i < table.count; i++) {
		const struct aet_state_row *row = &table.rows[i];
		enum aet_section_verdict verdict =
			aet_sections_verdict(&piece->sections, row->name);

		if (!aet_state_row_is_section(row, described) || verdict == AET_SECTION_DISCARDED)
			continue;
		sections[count] = (struct section){.bytes = row->len,
			.knows_bytes = row->len > 0 || row->type != AET_STATE_OBJECT,
			.is_pending = verdict == AET_SECTION_PENDING};
		memcpy(sections[count++].name, row->name, sizeof(row->name));
	}
	aet_state_table_free(&table);
}

void aet_report_take(void)
{
	const struct aet_state_set *set = aet_state_now.set;

	aet_report_clear();
	for (unsigned i = 0; set && i < set->count; i++)
		add(&set->pieces[i]);
}

void aet_report_pending(char *ret_text, size_t size)
{
	size_t used = 0;
	unsigned left_out = 0;

	ret_text[0] = '\0';
	for (unsigned i = 0; i < count; i++) {
		if (!sections[i].is_pending)
			continue;
		/* Room for the number of those that do not fit. */
		if (left_out > 0 || used + strlen(sections[i].name) + 24 > size) {
			left_out++;
			continue;
		}
		used += (size_t)snprintf(
			ret_text + used, size - used, "%s%s", used ? ", " : "", sections[i].name);
	}
	if (left_out > 0)
		(void)snprintf(
			ret_text + used, size - used, "%s%u more", used ? " and " : "", left_out);
	for (char *c = ret_text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
}

void aet_report_print(struct aet_json *json)
{
	aet_json_begin_array(json);
	for (unsigned i = 0; i < count; i++) {
		aet_json_begin_object(json);
		aet_json_add_string(json, "name", sections[i].name);
		if (sections[i].knows_bytes)
			aet_json_add_int64(json, "bytes", (int64_t)sections[i].bytes);
		else
			aet_json_add_null(json, "bytes");
		aet_json_add_bool(json, "pending", sections[i].is_pending);
		aet_json_end_object(json);
	}
	aet_json_end_array(json);
}
