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
#define AET_STATE_ROWS_MAX   16384
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

/* `off` of an OBJECT. */
#define AET_OBJECT_NAMED   0x1u /* handoff.state names it; otherwise the program asks for it */
#define AET_OBJECT_PENDING 0x2u /* nobody had asked for it in the generation that wrote it */

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

/* What a load did with a section. */
enum aet_section_verdict {
	AET_SECTION_TAKEN = 1,
	AET_SECTION_PENDING, /* held until the program asks for it, and handed on if it never does */
	AET_SECTION_MISSING, /* this version has nothing that could ever take it */
	AET_SECTION_DISCARDED, /* on purpose: reload --discard-state */
};

struct aet_section_note {
	char name[80]; /* as in the table of contents */
	char nearest
		[80]; /* missing: what this version has that is spelled most alike; may be empty */
	uint32_t verdict; /* enum aet_section_verdict */
	uint32_t reserved;
};

static_assert(sizeof(struct aet_section_note) == 168, "state");
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
