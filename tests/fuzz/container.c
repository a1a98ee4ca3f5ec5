/*
 * A container as anybody may hand it in. The first byte says how: as it is, or with the checksums of
 * header, commit record and table of contents made right, so that what they protect is looked at.
 * What is accepted has all its sections inside, each with a name that ends.
 */
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "crc32c.h"

#define MOST (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void make_right(uint8_t *base, size_t length, struct aet_container_origin *origin)
{
	struct aet_state_header *header = (void *)base;
	uint64_t size;

	if (length < sizeof(*header))
		return;
	origin->generation = header->commit_generation = header->generation;
	memcpy(origin->run_id, header->run_id, sizeof(origin->run_id));
	memcpy(header->magic, AET_STATE_MAGIC, sizeof(header->magic));
	header->commit_len = header->total_len;
	header->state = AET_STATE_COMMITTED;
	header->algorithm = AET_STATE_CRC32C;
	size = (uint64_t)header->toc_count * sizeof(struct aet_state_row);
	if (header->toc_off % 8 == 0 && header->toc_off >= sizeof(*header) && size <= length &&
		header->toc_off <= length - size) {
		struct aet_state_row *rows = (void *)(base + header->toc_off);

		for (uint32_t i = 0; i < header->toc_count; i++)
			rows[i].crc = aet_crc32c(&rows[i], offsetof(struct aet_state_row, crc));
		header->toc_crc = aet_crc32c(rows, size);
	}
	header->crc = aet_crc32c(header, offsetof(struct aet_state_header, crc));
	header->commit_crc = aet_crc32c(&header->state,
		offsetof(struct aet_state_header, commit_crc) -
			offsetof(struct aet_state_header, state));
}

static void check_accepted(const uint8_t *base, size_t length)
{
	const struct aet_state_header *header = (const void *)base;
	const struct aet_state_row *rows = aet_container_rows(base);

	for (uint32_t i = 0; i < header->toc_count; i++) {
		if (strnlen(rows[i].name, sizeof(rows[i].name)) == sizeof(rows[i].name))
			abort();
		if (rows[i].type <= AET_STATE_BUFFER &&
			(rows[i].off > length || rows[i].len > length - rows[i].off ||
				aet_crc32c_leaves(base + rows[i].off, rows[i].len) !=
					rows[i].checksum))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct aet_container_origin origin = {.generation = 7};
	struct aet_container_flaw flaw;
	size_t length = size > 0 ? size - 1 : 0;
	uint8_t *base;

	if (length > MOST)
		return 0;
	/* As long as it is: the sanitizer sees a byte too far. */
	base = malloc(length > 0 ? length : 1);
	if (!base)
		abort();
	if (length > 0)
		memcpy(base, data + 1, length);
	if (size > 0 && data[0] & 1)
		make_right(base, length, &origin);
	if (aet_container_check(base, length, &origin, &flaw) == 0)
		check_accepted(base, length);
	else if (!flaw.text)
		abort();
	free(base);
	return 0;
}
