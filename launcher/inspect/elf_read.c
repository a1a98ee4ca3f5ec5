#include "inspect/elf_read.h"

#include <errno.h>
#include <unistd.h>

int aet_elf_read_at(int fd, uint64_t offset, void *buf, uint64_t count)
{
	uint64_t done = 0;

	if (offset > INT64_MAX || count > INT64_MAX - offset)
		return -EBADMSG;
	while (done < count) {
		ssize_t n = pread(fd, (char *)buf + done, count - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EBADMSG;
		done += (uint64_t)n;
	}
	return 0;
}
