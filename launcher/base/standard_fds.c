#include "base/standard_fds.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* open(2) returns the lowest number that is free: fd, when all below it are open. */
int aet_standard_fds_open(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* An initramfs without a console has no /dev/null either: then "/" keeps the
		 * number taken in the launcher, and the program starts without it. */
		if (open("/dev/null", O_RDWR) < 0 && open("/", O_PATH | O_CLOEXEC) < 0)
			return -errno;
	}
	return 0;
}
