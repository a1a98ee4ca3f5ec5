/*
 * The container in which state travels: docs/state.md has it byte by byte. Little-endian; the
 * launcher and the library run on little-endian machines alone.
 */
#ifndef AETERNA_STATE_H
#define AETERNA_STATE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define AET_STATE_MAGIC      "AETERNA" /* with its NUL: 8 bytes */
#define AET_STATE_MAJOR      1
#define AET_STATE_MINOR      0
#define AET_STATE_ORDER      0x01020304u
#define AET_STATE_PAGE       4096
#define AET_STATE_LEAF       (1u << 20) /* bytes under one CRC-32C */
#define AET_STATE_ROWS_MAX   4096
#define AET_STATE_PIPE_BYTES (64ull << 20) /* the most that travels by pipe */

enum aet_state_commit { AET_STATE_EMPTY, AET_STATE_WRITING, AET_STATE_COMMITTED };

enum aet_state_type {
	AET_STATE_JSON = 1,
	AET_STATE_PICKLE,
	AET_STATE_BUFFER,
	AET_STATE_FILE,
	AET_STATE_SOCKET,
	AET_STATE_ARENA,
	AET_STATE_HANDLE,
	AET_STATE_OBJECT, /* no bytes: describes one of the objects in a PICKLE */
};

#define AET_STATE_UNCHECKED 0x1u /* flags of a row: the bulk has no checksum */
#define AET_STATE_CRC32C    1u /* algorithm of the commit record */

struct aet_state_header {
	char magic[8];
	uint16_t major;
	uint16_t minor;
	uint32_t header_len;
	uint64_t incompatible;
	uint64_t compatible;
	uint32_t byte_order;
	uint32_t page_size;
	uint8_t run_id[16];
	uint64_t generation;
	uint32_t writer_pid;
	uint32_t writer_uid;
	uint64_t created_ns;
	uint64_t total_len;
	uint64_t toc_off;
	uint32_t toc_count;
	uint32_t toc_entry_size;
	uint64_t reserved[7];
	char runtime[64];
	uint8_t room[28];
	uint32_t crc;
	uint8_t more[0xfc0 - 0x100];
	uint64_t state; /* enum aet_state_commit: stored last */
	uint64_t commit_generation;
	uint64_t commit_len;
	uint32_t toc_crc;
	uint32_t algorithm;
	uint8_t commit_room[28];
	uint32_t commit_crc;
};

struct aet_state_row {
	uint32_t type;
	uint32_t flags;
	uint64_t off;
	uint64_t len;
	uint32_t align_log2;
	uint32_t checksum;
	uint32_t schema_version;
	uint32_t owner;
	char name[80];
	uint32_t reserved;
	uint32_t crc;
};

static_assert(sizeof(struct aet_state_header) == AET_STATE_PAGE, "state");
static_assert(offsetof(struct aet_state_header, total_len) == 0x50, "state");
static_assert(offsetof(struct aet_state_header, runtime) == 0xa0, "state");
static_assert(offsetof(struct aet_state_header, crc) == 0xfc, "state");
static_assert(offsetof(struct aet_state_header, state) == 0xfc0, "state");
static_assert(offsetof(struct aet_state_header, commit_crc) == 0xffc, "state");
static_assert(sizeof(struct aet_state_row) == 128, "state");
static_assert(offsetof(struct aet_state_row, name) == 0x28, "state");
static_assert(offsetof(struct aet_state_row, crc) == 0x7c, "state");

#endif
