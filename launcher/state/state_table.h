/*
 * A copy of a container's table of contents. The program wrote it, so that nothing in it is believed
 * beyond its own bounds.
 */
#ifndef AET_STATE_TABLE_H
#define AET_STATE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "aeterna/state.h"

struct aet_state_table {
	struct aet_state_row *rows; /* owned; every name ends */
	uint32_t count;
};

/* 0; -EBADMSG: it is broken; or -ENOMEM. On failure *ret is empty. */
int aet_state_table_read(int fd, struct aet_state_table *ret);
void aet_state_table_free(struct aet_state_table *table);

bool aet_state_table_has(const struct aet_state_table *table, enum aet_state_type type);

/* Whether rows describe its objects, which stand for the pickle then; an older module writes no such
 * rows. */
bool aet_state_table_is_described(const struct aet_state_table *table);

/* Whether the row is a section by its name, in a table that is described, or not. */
bool aet_state_row_is_section(const struct aet_state_row *row, bool described);

#endif
