#include "state/sections.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "state/state_table.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct aet_section_note *)a)->name,
		((const struct aet_section_note *)b)->name);
}

int aet_sections_read(struct aet_sections *sections, int fd, uint32_t count)
{
	size_t size = count * sizeof(*sections->notes);
	struct aet_section_note *notes;

	if (count > AET_STATE_ROWS_MAX)
		return -EBADMSG;
	notes = malloc(size ? size : 1);
	if (!notes)
		return -ENOMEM;
	if (size > 0 && pread(fd, notes, size, 0) != (ssize_t)size) {
		free(notes);
		return -EBADMSG;
	}
	for (uint32_t i = 0; i < count; i++) {
		notes[i].name[sizeof(notes[i].name) - 1] = '\0';
		notes[i].nearest[sizeof(notes[i].nearest) - 1] = '\0';
	}
	qsort(notes, count, sizeof(*notes), by_name);
	aet_sections_clear(sections);
	*sections = (struct aet_sections){.notes = notes, .count = count, .is_known = true};
	return 0;
}

void aet_sections_clear(struct aet_sections *sections)
{
	free(sections->notes);
	*sections = (struct aet_sections){0};
}

static const struct aet_section_note *find(const struct aet_sections *sections, const char *name)
{
	struct aet_section_note wanted = {0};

	if (sections->count == 0)
		return NULL;
	memcpy(wanted.name, name, strnlen(name, sizeof(wanted.name) - 1));
	return bsearch(&wanted, sections->notes, sections->count, sizeof(wanted), by_name);
}

enum aet_section_verdict aet_sections_verdict(const struct aet_sections *sections, const char *name)
{
	const struct aet_section_note *note = find(sections, name);

	if (!sections->is_known)
		return AET_SECTION_TAKEN;
	return note ? (enum aet_section_verdict)note->verdict : AET_SECTION_MISSING;
}

static bool is_missing(const struct aet_sections *sections, const char *name)
{
	enum aet_section_verdict verdict = aet_sections_verdict(sections, name);

	return verdict != AET_SECTION_TAKEN && verdict != AET_SECTION_PENDING &&
		verdict != AET_SECTION_DISCARDED;
}

int aet_sections_find_missing(
	const struct aet_sections *sections, int fd, struct aet_missing_section *ret_missing)
{
	struct aet_missing_section missing = {0};
	const struct aet_section_note *note;
	struct aet_state_table table;
	bool described;
	int result = aet_state_table_read(fd, &table);

	if (result < 0)
		return result;
	described = aet_state_table_is_described(&table);
	for (uint32_t i = 0; i < table.count; i++) {
		const char *name = table.rows[i].name;

		if (!aet_state_row_is_section(&table.rows[i], described) ||
			!is_missing(sections, name))
			continue;
		if (missing.name[0]) {
			missing.more++;
			continue;
		}
		memcpy(missing.name, name, sizeof(missing.name));
		note = find(sections, name);
		if (note)
			memcpy(missing.nearest, note->nearest, sizeof(missing.nearest));
	}
	aet_state_table_free(&table);
	if (!missing.name[0])
		return 0;
	*ret_missing = missing;
	return 1;
}
