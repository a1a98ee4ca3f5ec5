/*
 * Bytes of a state from one file to another, with their checksum. Blocks.
 */
#ifndef AET_STATE_BYTES_H
#define AET_STATE_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* 0, or -errno: -EBADMSG if fewer can be read. */
int aet_state_bytes_get(int fd, void *bytes, size_t length, uint64_t at);

/* 0, or -errno. */
int aet_state_bytes_put(int fd, const void *bytes, size_t length, uint64_t at);

struct aet_state_place {
	int fd;
	uint64_t at;
};

/* buffer has AET_STATE_LEAF bytes. 0 with the checksum of the leaves, or -errno: -EBADMSG if fewer
 * bytes can be read. */
int aet_state_bytes_copy(struct aet_state_place to, struct aet_state_place from, uint64_t length,
	uint8_t *buffer, uint32_t *ret_checksum);

#endif
