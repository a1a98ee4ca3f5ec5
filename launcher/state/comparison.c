#include "state/comparison.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aeterna/state.h"
#include "base/json.h"
#include "state/state_set.h"

/* A table of contents, copied out of its container. */
struct table {
	struct aet_state_row *rows; /* owned */
	uint32_t count;
};

/* The program wrote it: nothing of it is believed. */
static int read_table(int fd, struct table *ret)
{
	struct aet_state_header header;
	size_t size;

	*ret = (struct table){0};
	if (pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
		header.toc_count > AET_STATE_ROWS_MAX ||
		header.toc_entry_size != sizeof(*ret->rows))
		return -EBADMSG;
	size = header.toc_count * sizeof(*ret->rows);
	if (size == 0)
		return 0;
	ret->rows = malloc(size);
	if (!ret->rows)
		return -ENOMEM;
	if (pread(fd, ret->rows, size, (off_t)header.toc_off) != (ssize_t)size) {
		free(ret->rows);
		*ret = (struct table){0};
		return -EBADMSG;
	}
	ret->count = header.toc_count;
	for (uint32_t i = 0; i < ret->count; i++)
		ret->rows[i].name[sizeof(ret->rows[i].name) - 1] = '\0';
	return 0;
}

static bool has(const struct table *table, enum aet_state_type type)
{
	for (uint32_t i = 0; i < table->count; i++)
		if (table->rows[i].type == type)
			return true;
	return false;
}

/* Its objects stand for a pickle where they are described; a module that does not know how has none
 * of them. */
static bool is_described(const struct table *table)
{
	return has(table, AET_STATE_OBJECT) || !has(table, AET_STATE_PICKLE);
}

static bool is_section(const struct aet_state_row *row, bool described)
{
	if (row->type == AET_STATE_PICKLE)
		return row->name[0] && !described;
	if (row->type == AET_STATE_OBJECT)
		return row->name[0] && described;
	return row->name[0] != '\0';
}

/* With the buffers that belong to it. */
static struct aet_comparison_side weigh(const struct table *table, uint32_t index)
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

static int take(struct aet_comparison *comparison, unsigned process, const struct table *table,
	bool described, bool is_after)
{
	for (uint32_t i = 0; i < table->count; i++) {
		const struct aet_state_row *row = &table->rows[i];
		struct aet_comparison_row *found;

		if (!is_section(row, described))
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
	}
	return 0;
}

/* The n-th process of both; after may have none. */
static int compare(struct aet_comparison *comparison, unsigned process,
	const struct aet_state_piece *before, const struct aet_state_piece *after)
{
	struct table old = {0};
	struct table new = {0};
	bool described;
	int result = read_table(before->fd, &old);

	if (result == 0 && after)
		result = read_table(after->fd, &new);
	described = is_described(&old) && is_described(&new);
	if (result == 0)
		result = take(comparison, process, &old, described, false);
	if (result == 0)
		result = take(comparison, process, &new, described, true);
	free(old.rows);
	free(new.rows);
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

/* A name is the program's: a terminal gets no control characters of it. */
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
		struct table table;

		if (read_table(set->pieces[i].fd, &table) < 0)
			continue;
		shares = has(&table, AET_STATE_ARENA);
		free(table.rows);
	}
	return shares;
}
