/*
 * The container of a state (docs/state.md): writing its frame, and every check of a reader in the
 * fixed order. Works on mapped bytes; no memory, no libc.
 */
#ifndef AET_CONTAINER_H
#define AET_CONTAINER_H

#include <stdint.h>

#include "aeterna/state.h"

/* What the launcher says about a container, out of band. */
struct aet_container_origin {
	uint8_t run_id[16];
	uint64_t generation;
};

/* Why it is refused: a sentence, for the log. */
struct aet_container_flaw {
	const char *text; /* a literal */
	uint32_t row; /* which section, where it is one */
};

/*
 * Fills in the header for rows that stand at toc_off already, with checksums and all; the commit
 * record last. total_len bytes at base are the container.
 */
void aet_container_commit(void *base, uint64_t total_len, uint64_t toc_off, uint32_t toc_count,
	const struct aet_container_origin *origin, const char *runtime, uint32_t pid, uint32_t uid,
	uint64_t created_ns);

/* One row, its own checksum filled in. */
void aet_container_row(struct aet_state_row *row, enum aet_state_type type, const char *name,
	uint64_t off, uint64_t len, uint32_t checksum);

/*
 * Checks everything but seals, schemas and what descriptors hold: 0, or -EBADMSG with *ret_flaw.
 * length is what there is at base.
 */
int aet_container_check(const void *base, uint64_t length,
	const struct aet_container_origin *origin, struct aet_container_flaw *ret_flaw);

const struct aet_state_row *aet_container_rows(const void *base);

#endif
