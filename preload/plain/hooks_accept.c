/*
 * Hooks of accept in the library that follows no connections (connections: drain): the use
 * of a listener is reported at the first call; later calls do nothing more.
 */
#include "core/export.h"
#include "core/real.h"
#include "core/table.h"
#include "listeners/listener_use.h"

static void note_accept(int fd)
{
	int saved = aet_errno;

	aet_listener_use(fd, AET_USE_ACCEPT);
	aet_errno = saved;
}

/* Apart from the hooks: with this inside them, every accept() would save registers for it. */
__attribute__((noinline)) static int accept_noted(int fd, struct sockaddr *addr, socklen_t *len)
{
	note_accept(fd);
	return AET_REAL(accept)(fd, addr, len);
}

__attribute__((noinline)) static int accept4_noted(
	int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	note_accept(fd);
	return AET_REAL(accept4)(fd, addr, len, flags);
}

EXPORT int accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	if (AET_UNLIKELY(aet_mark(fd) > AET_MARK_NONE))
		return accept_noted(fd, addr, len);
	return AET_REAL(accept)(fd, addr, len);
}

EXPORT int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	if (AET_UNLIKELY(aet_mark(fd) > AET_MARK_NONE))
		return accept4_noted(fd, addr, len, flags);
	return AET_REAL(accept4)(fd, addr, len, flags);
}
