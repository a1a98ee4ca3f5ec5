/*
 * A state in a file, for the next start of the launcher: a header, a table of parts, and their
 * bytes. docs/state.md has it byte by byte. Little-endian, offsets from 0, no pointers.
 */
#ifndef AETERNA_STATE_FILE_H
#define AETERNA_STATE_FILE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define AET_STATE_FILE_MAGIC  "AETFILE" /* with its NUL: 8 bytes */
#define AET_STATE_FILE_FORMAT 1
#define AET_STATE_FILE_ORDER  0x01020304u
#define AET_STATE_FILE_PAGE   4096
#define AET_STATE_FILE_PARTS  (1u << 20) /* at most */

enum aet_state_file_part_kind {
	AET_STATE_FILE_CONTAINER = 1, /* begins a piece: the state of one process */
	AET_STATE_FILE_FILE, /* a descriptor beside it: the bytes of its file */
	AET_STATE_FILE_SOCKET, /* likewise; no bytes: whoever loads it gets one that has ended */
};

struct aet_state_file_header {
	char magic[8];
	uint32_t format;
	uint32_t header_len;
	uint32_t byte_order;
	uint32_t pieces;
	uint64_t total_len; /* of the file */
	uint8_t run_id[16]; /* of the launcher whose containers these are */
	uint64_t generation; /* the writer's, as in the containers */
	uint64_t created_ns; /* CLOCK_REALTIME, when the state was whole */
	uint64_t parts_off;
	uint32_t part_count;
	uint32_t part_size;
	uint32_t parts_crc; /* of the table */
	uint32_t mechanism; /* AETERNA_SHM, AETERNA_PIPE: how it was dumped */
	char why[160]; /* a sentence, NUL-terminated: why it was set aside; empty: a snapshot */
	uint8_t room[4096 - 252];
	uint32_t crc; /* of all before it */
};

struct aet_state_file_part {
	uint32_t kind;
	uint32_t piece; /* from 0 on, in the order of the processes */
	uint64_t off; /* a multiple of 4096 */
	uint64_t len;
	uint32_t checksum; /* CRC-32C of the CRC-32Cs of all leaves of 1 MiB */
	uint32_t reserved;
};

static_assert(sizeof(struct aet_state_file_header) == AET_STATE_FILE_PAGE, "state file");
static_assert(offsetof(struct aet_state_file_header, total_len) == 0x18, "state file");
static_assert(offsetof(struct aet_state_file_header, created_ns) == 0x38, "state file");
static_assert(offsetof(struct aet_state_file_header, why) == 0x58, "state file");
static_assert(offsetof(struct aet_state_file_header, crc) == 0xffc, "state file");
static_assert(sizeof(struct aet_state_file_part) == 32, "state file");

#endif
