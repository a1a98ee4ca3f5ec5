#include "state/state_c_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "aeterna/module.h"
#include "sys.h"

int aet_c_map(struct aet_c_mapping *ret, int fd, uint64_t length, int protection, int flags)
{
	long at = AET_SYS(SYS_mmap, 0, length, protection, flags, fd, 0);

	if (at < 0 && at > -4096)
		return (int)at;
	*ret = (struct aet_c_mapping){(uint8_t *)at, length};
	return 0;
}

void aet_c_unmap(const struct aet_c_mapping *mapping)
{
	(void)AET_SYS2(munmap, mapping->at, mapping->length);
}

int64_t aet_c_size_of(int fd)
{
	struct stat info = {0};
	long result = AET_SYS2(fstat, fd, &info);

	return result < 0 ? result : info.st_size;
}

int aet_c_new_file(const char *name)
{
	long fd = AET_SYS2(memfd_create, name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -ENOSYS || fd == -EPERM) /* an old kernel, a sandbox */
		fd = AET_SYS4(openat, AT_FDCWD, "/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return (int)fd;
}

int aet_c_fail(int error, const char *reason, const char *text)
{
	(void)aeterna_report(error, reason, text, NULL, 0);
	return -error;
}

bool aet_c_is_no_room(int result)
{
	return result == -ENOMEM || result == -ENOSPC || result == -EFBIG;
}

int aet_c_write_all(int fd, const uint8_t *bytes, uint64_t length)
{
	while (length > 0) {
		long put = AET_SYS3(write, fd, bytes, length);

		if (put < 0 && put != -EINTR)
			return (int)put;
		if (put > 0) {
			bytes += put;
			length -= (uint64_t)put;
		}
	}
	return 0;
}

/* Reads the stream to its end into room, from there on; returns the length. A full room takes one
 * more read to see the end. */
int64_t aet_c_read_all(int fd, const struct aet_c_mapping *room, uint64_t from)
{
	uint64_t at = from;

	for (;;) {
		bool is_full = at == room->length;
		uint8_t more;
		long got = is_full ? AET_SYS3(read, fd, &more, 1)
				   : AET_SYS3(read, fd, room->at + at, room->length - at);

		if (got == -EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? got : (int64_t)(at - from);
		if (is_full)
			return -EFBIG;
		at += (uint64_t)got;
	}
}

/* True when the file is sealed. One that is no memfd has F_SEAL_SEAL from the beginning (fcntl(2)):
 * it is final, as the process that wrote it has ended. */
bool aet_c_is_final(int fd)
{
	long seals = AET_SYS3(fcntl, fd, F_GET_SEALS, 0);

	return seals == F_SEAL_SEAL ||
		(seals > 0 && (seals & F_SEAL_SHRINK) && (seals & F_SEAL_WRITE));
}
