#include "container.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "crc32c.h"

#define PREFIX_BYTES offsetof(struct aet_state_header, crc)
#define COMMIT_START offsetof(struct aet_state_header, state)
#define COMMIT_BYTES (offsetof(struct aet_state_header, commit_crc) - COMMIT_START)
#define ROW_BYTES    offsetof(struct aet_state_row, crc)

static const uint8_t *bytes_at(const void *base, uint64_t off)
{
	return (const uint8_t *)base + off;
}

static bool same(const void *a, const void *b, unsigned length)
{
	const uint8_t *x = a;
	const uint8_t *y = b;

	for (unsigned i = 0; i < length; i++)
		if (x[i] != y[i])
			return false;
	return true;
}

static void put_text(char *to, unsigned room, const char *text)
{
	for (unsigned i = 0; i + 1 < room && text[i]; i++)
		to[i] = text[i];
}

void aet_container_row(struct aet_state_row *row, enum aet_state_type type, const char *name,
	uint64_t off, uint64_t len, uint32_t checksum)
{
	*row = (struct aet_state_row){
		.type = type, .off = off, .len = len, .align_log2 = 3, .checksum = checksum};
	put_text(row->name, sizeof(row->name), name);
	row->crc = aet_crc32c(row, ROW_BYTES);
}

void aet_container_commit(void *base, uint64_t total_len, uint64_t toc_off, uint32_t toc_count,
	const struct aet_container_origin *origin, const char *runtime, uint32_t pid, uint32_t uid,
	uint64_t created_ns)
{
	struct aet_state_header *header = base;

	*header = (struct aet_state_header){.magic = AET_STATE_MAGIC,
		.major = AET_STATE_MAJOR,
		.minor = AET_STATE_MINOR,
		.header_len = AET_STATE_PAGE,
		.byte_order = AET_STATE_ORDER,
		.page_size = AET_STATE_PAGE,
		.generation = origin->generation,
		.writer_pid = pid,
		.writer_uid = uid,
		.created_ns = created_ns,
		.total_len = total_len,
		.toc_off = toc_off,
		.toc_count = toc_count,
		.toc_entry_size = sizeof(struct aet_state_row),
		.commit_generation = origin->generation,
		.commit_len = total_len,
		.algorithm = AET_STATE_CRC32C};
	for (unsigned i = 0; i < sizeof(header->run_id); i++)
		header->run_id[i] = origin->run_id[i];
	put_text(header->runtime, sizeof(header->runtime), runtime);
	header->crc = aet_crc32c(header, PREFIX_BYTES);
	header->toc_crc =
		aet_crc32c(bytes_at(base, toc_off), toc_count * sizeof(struct aet_state_row));
	/* Its checksum is of the committed record: until the state is stored last, it is false. */
	header->state = AET_STATE_COMMITTED;
	header->commit_crc = aet_crc32c(bytes_at(base, COMMIT_START), COMMIT_BYTES);
	header->state = AET_STATE_WRITING;
	atomic_thread_fence(memory_order_release);
	*(volatile uint64_t *)&header->state = AET_STATE_COMMITTED;
}

static const char *check_header(const struct aet_state_header *header)
{
	if (!same(header->magic, AET_STATE_MAGIC, sizeof(header->magic)))
		return "it does not begin as a state does";
	if (header->byte_order != AET_STATE_ORDER)
		return "it is of another byte order";
	if (header->major != AET_STATE_MAJOR || header->header_len != AET_STATE_PAGE ||
		header->incompatible)
		return "it is of a version this one does not know";
	if (header->crc != aet_crc32c(header, PREFIX_BYTES))
		return "the checksum of its header is wrong";
	return NULL;
}

static const char *check_commit(
	const struct aet_state_header *header, const struct aet_container_origin *origin)
{
	if (header->state != AET_STATE_COMMITTED)
		return "it was not written to its end";
	if (header->commit_crc != aet_crc32c(bytes_at(header, COMMIT_START), COMMIT_BYTES))
		return "the checksum of its commit record is wrong";
	if (header->commit_generation != header->generation ||
		header->commit_len != header->total_len || header->algorithm != AET_STATE_CRC32C)
		return "its commit record is of another state";
	if (header->generation != origin->generation ||
		!same(header->run_id, origin->run_id, sizeof(header->run_id)))
		return "it is not the state that was asked for";
	return NULL;
}

static bool is_inline(uint32_t type)
{
	return type == AET_STATE_JSON || type == AET_STATE_PICKLE || type == AET_STATE_BUFFER;
}

/* A name of its own; the others belong to one that has. */
static bool is_named(const struct aet_state_row *row)
{
	return row->type == AET_STATE_JSON || row->type == AET_STATE_PICKLE ||
		row->type == AET_STATE_FILE || row->type == AET_STATE_ARENA ||
		(row->type == AET_STATE_BUFFER && row->owner == 0);
}

static bool is_checked(uint32_t type)
{
	return is_inline(type) || type == AET_STATE_FILE;
}

static bool meet(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a_len && b_len && a < b + b_len && b < a + a_len;
}

/* Against those before it, which are known to lie inside. */
static const char *check_against(
	const struct aet_state_header *header, const struct aet_state_row *rows, uint32_t i)
{
	const struct aet_state_row *row = &rows[i];

	if (is_inline(row->type) &&
		meet(row->off, row->len, header->toc_off, header->toc_count * sizeof(*rows)))
		return "a section and the table of contents overlap";
	for (uint32_t k = 0; k < i; k++) {
		if (is_inline(row->type) && is_inline(rows[k].type) &&
			meet(row->off, row->len, rows[k].off, rows[k].len))
			return "two sections overlap";
		if (is_named(row) && is_named(&rows[k]) &&
			same(row->name, rows[k].name, sizeof(row->name)))
			return "two sections have the same name";
	}
	return NULL;
}

static const char *check_owner(
	const struct aet_state_header *header, const struct aet_state_row *row)
{
	if (row->owner == 0 && row->type != AET_STATE_OBJECT)
		return NULL;
	if (row->type != AET_STATE_BUFFER && row->type != AET_STATE_SOCKET &&
		row->type != AET_STATE_OBJECT)
		return "a section cannot belong to another one";
	if (row->owner == 0 || row->owner > header->toc_count ||
		aet_container_rows(header)[row->owner - 1].type != AET_STATE_PICKLE)
		return "a section belongs to none";
	return NULL;
}

static const char *check_row(const struct aet_state_row *row, uint64_t length)
{
	if (row->crc != aet_crc32c(row, ROW_BYTES))
		return "the checksum of a section's row is wrong";
	if (row->type < AET_STATE_JSON || row->type > AET_STATE_OBJECT)
		return "a section is of a kind this version does not know";
	if (row->name[sizeof(row->name) - 1])
		return "a section's name does not end";
	if (is_named(row) && !row->name[0])
		return "a section has no name";
	if (row->flags & ~AET_STATE_UNCHECKED || (row->flags && is_checked(row->type)))
		return "a section has flags this version does not know";
	if (is_inline(row->type) &&
		(row->off < AET_STATE_PAGE || row->len > length || row->off > length - row->len))
		return "a section lies outside";
	return NULL;
}

static const char *check_rows(
	const struct aet_state_header *header, uint64_t length, uint32_t *ret_row)
{
	const struct aet_state_row *rows;
	uint64_t size = (uint64_t)header->toc_count * sizeof(*rows);

	if (header->toc_count > AET_STATE_ROWS_MAX || header->toc_entry_size != sizeof(*rows) ||
		header->toc_off % 8 || header->toc_off < AET_STATE_PAGE || size > length ||
		header->toc_off > length - size)
		return "its table of contents lies outside";
	rows = aet_container_rows(header);
	if (header->toc_crc != aet_crc32c(rows, size))
		return "the checksum of its table of contents is wrong";
	for (uint32_t i = 0; i < header->toc_count; i++) {
		const char *flaw = check_row(&rows[i], length);

		*ret_row = i;
		if (!flaw)
			flaw = check_owner(header, &rows[i]);
		if (!flaw)
			flaw = check_against(header, rows, i);
		if (flaw)
			return flaw;
	}
	return NULL;
}

static const char *check_bytes(const void *base, uint32_t count, uint32_t *ret_row)
{
	const struct aet_state_row *rows = aet_container_rows(base);

	for (uint32_t i = 0; i < count; i++) {
		*ret_row = i;
		if (is_inline(rows[i].type) &&
			rows[i].checksum !=
				aet_crc32c_leaves(bytes_at(base, rows[i].off), rows[i].len))
			return "the checksum of a section is wrong";
	}
	return NULL;
}

const struct aet_state_row *aet_container_rows(const void *base)
{
	const struct aet_state_header *header = base;

	return (const struct aet_state_row *)(const void *)bytes_at(base, header->toc_off);
}

int aet_container_check(const void *base, uint64_t length,
	const struct aet_container_origin *origin, struct aet_container_flaw *ret_flaw)
{
	const struct aet_state_header *header = base;
	const char *flaw = "it is shorter than its header";

	ret_flaw->row = 0;
	if (length >= AET_STATE_PAGE)
		flaw = check_header(header);
	if (!flaw)
		flaw = check_commit(header, origin);
	if (!flaw && header->total_len > length)
		flaw = "it is shorter than it says";
	if (!flaw)
		flaw = check_rows(header, header->total_len, &ret_flaw->row);
	if (!flaw)
		flaw = check_bytes(base, header->toc_count, &ret_flaw->row);
	ret_flaw->text = flaw;
	return flaw ? -EBADMSG : 0;
}
