/*
 * Owned descriptors: AET_CLOSE closes one at the end of its scope, aet_fd_take() hands it on.
 */
#ifndef AET_FD_H
#define AET_FD_H

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Returns *fd and leaves -1 behind: the caller owns it from now on. */
static inline int aet_fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* 0, or -errno. */
static inline int aet_fd_set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

/* Closes *fd if it is open, keeps errno, leaves -1 behind. */
static inline void aet_fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

#define AET_CLOSE __attribute__((cleanup(aet_fd_close)))

#endif
