#include "state/state_bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "aeterna/state.h"
#include "crc32c.h"
#include "util.h"

int aet_state_bytes_get(int fd, void *bytes, size_t length, uint64_t at)
{
	uint8_t *to = bytes;

	while (length > 0) {
		ssize_t done = pread(fd, to, length, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return -EBADMSG;
		to += done;
		at += (uint64_t)done;
		length -= (size_t)done;
	}
	return 0;
}

int aet_state_bytes_put(int fd, const void *bytes, size_t length, uint64_t at)
{
	const uint8_t *from = bytes;

	while (length > 0) {
		ssize_t done = pwrite(fd, from, length, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		from += done;
		at += (uint64_t)done;
		length -= (size_t)done;
	}
	return 0;
}

int aet_state_bytes_copy(struct aet_state_place to, struct aet_state_place from, uint64_t length,
	uint8_t *buffer, uint32_t *ret_checksum)
{
	uint64_t leaves = (length + AET_STATE_LEAF - 1) / AET_STATE_LEAF;
	uint32_t *crcs = calloc(leaves ? leaves : 1, sizeof(*crcs));
	int result = crcs ? 0 : -ENOMEM;

	for (uint64_t i = 0; i < leaves && result == 0; i++) {
		uint64_t at = i * AET_STATE_LEAF;
		size_t size = (size_t)AET_MIN(length - at, (uint64_t)AET_STATE_LEAF);

		result = aet_state_bytes_get(from.fd, buffer, size, from.at + at);
		if (result < 0)
			break;
		crcs[i] = aet_crc32c(buffer, size);
		result = aet_state_bytes_put(to.fd, buffer, size, to.at + at);
	}
	if (result == 0)
		*ret_checksum = aet_crc32c(crcs, leaves * sizeof(*crcs));
	free(crcs);
	return result;
}
