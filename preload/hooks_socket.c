/*
 * Hooks of the socket calls. Each passes on what is not ours in a handful of instructions and
 * hands the rest to adopt.c; errno is what libc would have left.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>

#include "adopt.h"
#include "export.h"
#include "gate.h"
#include "lib.h"
#include "real.h"
#include "sys.h"
#include "table.h"

EXPORT int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	int saved = aet_errno;
	int result;

	if (!aet_lib.active)
		return aet_real.bind(fd, addr, len);
	if (aet_adopt_bind(fd, addr, len)) {
		aet_errno = saved;
		return 0;
	}
	result = aet_real.bind(fd, addr, len);
	if (result == 0 && addr && addr->sa_family != AF_UNIX) {
		aet_adopt_bound(fd);
		aet_errno = saved;
	}
	return result;
}

EXPORT int listen(int fd, int backlog)
{
	int saved = aet_errno;
	int result;

	if (!aet_lib.active)
		return aet_real.listen(fd, backlog);
	if (aet_adopt_listen(fd, backlog)) {
		aet_errno = saved;
		return 0;
	}
	result = aet_real.listen(fd, backlog);
	if (result == 0) {
		aet_adopt_listening(fd, backlog);
		aet_errno = saved;
	}
	return result;
}

static void note_accept(int fd)
{
	int saved = aet_errno;

	aet_adopt_interest(fd, AET_INTEREST_ACCEPT);
	aet_errno = saved;
}

EXPORT int accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	if (AET_UNLIKELY(aet_mark(fd) > AET_MARK_NONE))
		note_accept(fd);
	return aet_real.accept(fd, addr, len);
}

EXPORT int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	if (AET_UNLIKELY(aet_mark(fd) > AET_MARK_NONE))
		note_accept(fd);
	return aet_real.accept4(fd, addr, len, flags);
}

/* The socket whose name and options fd stands for while its own file is another; or NULL. */
static struct aet_socket *stood_in(int fd)
{
	struct aet_socket *sock;

	if (!aet_is_owner())
		return NULL;
	sock = aet_socket_of(fd);
	if (!sock || (sock->state == AET_SOCKET_LIVE && !sock->held))
		return NULL;
	return sock;
}

static bool is_port_zero(const struct sockaddr *addr, socklen_t len)
{
	return len >= 4 && (addr->sa_family == AF_INET || addr->sa_family == AF_INET6) &&
		((const struct sockaddr_in *)(const void *)addr)->sin_port == 0;
}

EXPORT int getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	struct aet_socket *sock;

	if (AET_LIKELY(aet_mark(fd) == AET_MARK_NONE)) {
		int result = aet_real.getsockname(fd, addr, len);

		if (AET_LIKELY(result < 0 || !is_port_zero(addr, *len)) || !aet_adopt_nameless(fd))
			return result;
	}
	sock = stood_in(fd);
	if (!sock || !addr || !len)
		return aet_real.getsockname(fd, addr, len);
	aet_copy(addr, sock->address.bytes, AET_MIN(*len, sock->address.length));
	*len = sock->address.length;
	return 0;
}

/* The descriptor that has the options: the program's own until release, the kept one after. */
static int option_fd(int fd)
{
	struct aet_socket *sock = stood_in(fd);

	if (!sock || sock->state == AET_SOCKET_BOUND)
		return fd;
	return sock->own >= 0 ? sock->own : sock->real;
}

EXPORT int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	if (AET_UNLIKELY(aet_mark(fd) != AET_MARK_NONE)) {
		int other = option_fd(fd);

		/* The program's own socket never listened; the program's number does. */
		if (level == SOL_SOCKET && name == SO_ACCEPTCONN)
			other = fd;
		return aet_real.getsockopt(other, level, name, value, len);
	}
	return aet_real.getsockopt(fd, level, name, value, len);
}

EXPORT int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	if (AET_UNLIKELY(aet_mark(fd) != AET_MARK_NONE)) {
		int other = option_fd(fd);

		/* Gated: the listener is another generation's to change. */
		if (other != fd && aet_socket_of(fd)->own < 0)
			return 0;
		return aet_real.setsockopt(other, level, name, value, len);
	}
	return aet_real.setsockopt(fd, level, name, value, len);
}

/* shutdown(2) of a listener ends it for every process that shares it and resets its queue. Ours
 * goes on elsewhere: only this process's numbers are shut, so that a thread waiting in accept()
 * wakes up with EINVAL, as after the real one. */
EXPORT int shutdown(int fd, int how)
{
	struct aet_socket *sock;
	int saved = aet_errno;
	uint64_t mask;

	if (AET_LIKELY(aet_mark(fd) == AET_MARK_NONE) || !aet_is_owner())
		return aet_real.shutdown(fd, how);
	aet_lock(&mask);
	sock = aet_socket_of(fd);
	if (sock && sock->state == AET_SOCKET_LIVE && !sock->datagram)
		aet_adopt_shut(sock);
	else
		sock = NULL;
	aet_unlock(&mask);
	aet_errno = saved;
	return sock ? 0 : aet_real.shutdown(fd, how);
}
