#include "state/comparison.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "state/sections.h"
#include "state/state_set.h"
#include "state/state_table.h"

/* Adds up a section with the buffers that belong to it. */
static struct aet_comparison_side weigh(const struct aet_state_table *table, uint32_t index)
{
	const struct aet_state_row *row = &table->rows[index];
	struct aet_comparison_side side = {.is_there = true,
		.schema = row->schema_version,
		.bytes = row->len,
		.checksum = row->checksum};

	for (uint32_t i = 0; row->type == AET_STATE_PICKLE && i < table->count; i++) {
		const struct aet_state_row *other = &table->rows[i];

		if (other->type != AET_STATE_BUFFER || other->owner != index + 1)
			continue;
		side.bytes += other->len;
		side.checksum = side.checksum * 31 + other->checksum;
	}
	return side;
}

static struct aet_comparison_row *find(
	struct aet_comparison *comparison, unsigned process, const char *name)
{
	for (unsigned i = 0; i < comparison->count; i++)
		if (comparison->rows[i].process == process &&
			strcmp(comparison->rows[i].name, name) == 0)
			return &comparison->rows[i];
	return NULL;
}

static struct aet_comparison_row *add(struct aet_comparison *comparison)
{
	unsigned room = comparison->room ? comparison->room * 2 : 16;
	struct aet_comparison_row *rows = comparison->rows;

	if (comparison->count == comparison->room) {
		rows = realloc(rows, room * sizeof(*rows));
		if (!rows)
			return NULL;
		comparison->rows = rows;
		comparison->room = room;
	}
	rows[comparison->count] = (struct aet_comparison_row){0};
	return &rows[comparison->count++];
}

static int take(struct aet_comparison *comparison, unsigned process,
	const struct aet_state_table *table, const struct aet_sections *notes, bool described,
	bool is_after)
{
	for (uint32_t i = 0; i < table->count; i++) {
		const struct aet_state_row *row = &table->rows[i];
		struct aet_comparison_row *found;

		if (!aet_state_row_is_section(row, described))
			continue;
		found = find(comparison, process, row->name);
		if (!found)
			found = add(comparison);
		if (!found)
			return -ENOMEM;
		found->process = process;
		found->type = row->type;
		memcpy(found->name, row->name, sizeof(found->name));
		*(is_after ? &found->after : &found->before) = weigh(table, i);
		if (!is_after)
			found->is_pending = notes &&
				aet_sections_verdict(notes, row->name) == AET_SECTION_PENDING;
	}
	return 0;
}

/* Compares the n-th process of both; `after` may have none. */
static int compare(struct aet_comparison *comparison, unsigned process,
	const struct aet_state_piece *before, const struct aet_state_piece *after)
{
	struct aet_state_table old = {0};
	struct aet_state_table new = {0};
	bool described;
	int result = aet_state_table_read(before->fd, &old);

	if (result == 0 && after)
		result = aet_state_table_read(after->fd, &new);
	described = aet_state_table_is_described(&old) && aet_state_table_is_described(&new);
	if (result == 0)
		result = take(comparison, process, &old, &before->sections, described, false);
	if (result == 0)
		result = take(comparison, process, &new, NULL, described, true);
	aet_state_table_free(&old);
	aet_state_table_free(&new);
	return result;
}

int aet_comparison_make(struct aet_comparison *ret, const struct aet_state_set *before,
	const struct aet_state_set *after)
{
	int result = 0;

	*ret = (struct aet_comparison){.processes = before->count};
	for (unsigned i = 0; i < before->count && result == 0; i++)
		result = compare(ret, i + 1, &before->pieces[i],
			i < after->count ? &after->pieces[i] : NULL);
	if (result < 0)
		aet_comparison_free(ret);
	for (unsigned i = 0; i < ret->count; i++)
		ret->missing += !ret->rows[i].after.is_there;
	return result;
}

void aet_comparison_free(struct aet_comparison *comparison)
{
	free(comparison->rows);
	*comparison = (struct aet_comparison){0};
}

const char *aet_comparison_verdict(const struct aet_comparison_row *row)
{
	const struct aet_comparison_side *before = &row->before;
	const struct aet_comparison_side *after = &row->after;

	if (row->is_pending)
		return "pending";
	if (!after->is_there)
		return "missing";
	if (!before->is_there)
		return "new";
	if (before->schema != after->schema)
		return "migrated";
	if (row->type == AET_STATE_ARENA)
		return "unchecked";
	return before->bytes == after->bytes && before->checksum == after->checksum ? "same"
										    : "differs";
}

static void format_side(const struct aet_comparison_side *side, char *ret_schema,
	size_t schema_size, char *ret_bytes, size_t bytes_size)
{
	(void)snprintf(ret_schema, schema_size, side->schema ? "%u" : "-", side->schema);
	(void)snprintf(ret_bytes, bytes_size, side->is_there ? "%llu" : "-",
		(unsigned long long)side->bytes);
}

/* The program chose the name: keep control characters from the terminal. */
static void print_name(const char *name, FILE *out)
{
	for (; *name; name++)
		(void)fputc((unsigned char)*name < 0x20 || *name == 0x7f ? '?' : *name, out);
}

void aet_comparison_print(const struct aet_comparison *comparison, FILE *out)
{
	if (comparison->count > 0)
		(void)fprintf(
			out, "%-10s %-10s %-24s %s\n", "verdict", "schema", "bytes", "section");
	for (unsigned i = 0; i < comparison->count; i++) {
		const struct aet_comparison_row *row = &comparison->rows[i];
		char schemas[2][16];
		char bytes[2][24];
		char text[64];

		format_side(
			&row->before, schemas[0], sizeof(schemas[0]), bytes[0], sizeof(bytes[0]));
		format_side(
			&row->after, schemas[1], sizeof(schemas[1]), bytes[1], sizeof(bytes[1]));
		(void)snprintf(text, sizeof(text), "%s > %s", schemas[0], schemas[1]);
		(void)fprintf(out, "%-10s %-10s ", aet_comparison_verdict(row), text);
		(void)snprintf(text, sizeof(text), "%s > %s", bytes[0], bytes[1]);
		(void)fprintf(out, "%-24s ", text);
		if (comparison->processes > 1)
			(void)fprintf(out, "process %u: ", row->process);
		print_name(row->name, out);
		(void)fputc('\n', out);
	}
}

static void add_side(struct aet_json *json, const char *key, const struct aet_comparison_side *side)
{
	if (!side->is_there) {
		aet_json_add_null(json, key);
		return;
	}
	aet_json_key(json, key);
	aet_json_begin_object(json);
	if (side->schema)
		aet_json_add_int64(json, "schema", side->schema);
	else
		aet_json_add_null(json, "schema");
	aet_json_add_int64(json, "bytes", (int64_t)side->bytes);
	aet_json_end_object(json);
}

void aet_comparison_print_json(const struct aet_comparison *comparison, struct aet_json *json)
{
	aet_json_begin_array(json);
	for (unsigned i = 0; i < comparison->count; i++) {
		const struct aet_comparison_row *row = &comparison->rows[i];

		aet_json_begin_object(json);
		aet_json_add_int64(json, "process", row->process);
		aet_json_add_string(json, "section", row->name);
		aet_json_add_string(json, "verdict", aet_comparison_verdict(row));
		add_side(json, "before", &row->before);
		add_side(json, "after", &row->after);
		aet_json_end_object(json);
	}
	aet_json_end_array(json);
}

bool aet_comparison_shares_memory(const struct aet_state_set *set)
{
	bool shares = false;

	for (unsigned i = 0; i < set->count && !shares; i++) {
		struct aet_state_table table;

		if (aet_state_table_read(set->pieces[i].fd, &table) < 0)
			continue;
		shares = aet_state_table_has(&table, AET_STATE_ARENA);
		aet_state_table_free(&table);
	}
	return shares;
}
