/*
 * Compares two states section by section: what the serving generation dumped, and what the new
 * version wrote after loading that. It reports different bytes without judging them: equal objects
 * may pickle to different bytes (docs/state.md).
 */
#ifndef AET_COMPARISON_H
#define AET_COMPARISON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct aet_json;
struct aet_state_set;

/* A named section of one state. */
struct aet_comparison_side {
	bool is_there;
	uint32_t schema; /* 0: none */
	uint64_t bytes;
	uint32_t checksum;
};

struct aet_comparison_row {
	unsigned process; /* from 1 on, in the order of the processes' first interest */
	uint32_t type; /* enum aet_state_type */
	char name[80];
	bool is_pending; /* nobody has asked for it in the new version yet, which hands it on */
	struct aet_comparison_side before;
	struct aet_comparison_side after;
};

struct aet_comparison {
	struct aet_comparison_row *rows; /* owned */
	unsigned count;
	unsigned room;
	unsigned processes;
	unsigned missing; /* sections that the new version did not write */
};

/* 0; -EBADMSG: a table of contents is broken; or -ENOMEM. On failure *ret is empty. */
int aet_comparison_make(struct aet_comparison *ret, const struct aet_state_set *before,
	const struct aet_state_set *after);
void aet_comparison_free(struct aet_comparison *comparison);

/* One word: same, differs, migrated, missing, new, pending, unchecked. */
const char *aet_comparison_verdict(const struct aet_comparison_row *row);

/* As a table, or as an array of objects. */
void aet_comparison_print(const struct aet_comparison *comparison, FILE *out);
void aet_comparison_print_json(const struct aet_comparison *comparison, struct aet_json *json);

/* True when a part of the state is in memory that both generations map. */
bool aet_comparison_shares_memory(const struct aet_state_set *set);

#endif
