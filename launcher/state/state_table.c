#include "state/state_table.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int aet_state_table_read(int fd, struct aet_state_table *ret)
{
	struct aet_state_header header;
	size_t size;

	*ret = (struct aet_state_table){0};
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
		aet_state_table_free(ret);
		return -EBADMSG;
	}
	ret->count = header.toc_count;
	for (uint32_t i = 0; i < ret->count; i++)
		ret->rows[i].name[sizeof(ret->rows[i].name) - 1] = '\0';
	return 0;
}

void aet_state_table_free(struct aet_state_table *table)
{
	free(table->rows);
	*table = (struct aet_state_table){0};
}

bool aet_state_table_has(const struct aet_state_table *table, enum aet_state_type type)
{
	for (uint32_t i = 0; i < table->count; i++)
		if (table->rows[i].type == type)
			return true;
	return false;
}

bool aet_state_table_is_described(const struct aet_state_table *table)
{
	return aet_state_table_has(table, AET_STATE_OBJECT) ||
		!aet_state_table_has(table, AET_STATE_PICKLE);
}

bool aet_state_row_is_section(const struct aet_state_row *row, bool described)
{
	if (row->type == AET_STATE_PICKLE)
		return row->name[0] && !described;
	if (row->type == AET_STATE_OBJECT)
		return row->name[0] && described;
	return row->name[0] != '\0';
}
