/*
 * Hooks of the socket calls. A descriptor that is not ours costs a handful of instructions; adopt.c
 * does the rest. errno is what libc would have left.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/un.h>

#include "core/export.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/real.h"
#include "core/table.h"
#include "core/view.h"
#include "listeners/adopt.h"
#include "listeners/listener_use.h"
#include "listeners/reach.h"
#include "sys.h"

/* Once it is adopted or kept. */
static void note_early_watch(int fd)
{
	if (AET_UNLIKELY(aet_adopt_is_watched(fd)))
		aet_listener_use(fd, AET_USE_EPOLL);
}

EXPORT int bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	int saved = aet_errno;
	int result;

	if (!aet_lib.active)
		return AET_REAL(bind)(fd, addr, len);
	if (aet_adopt_bind(fd, addr, len)) {
		note_early_watch(fd);
		aet_errno = saved;
		return 0;
	}
	result = AET_REAL(bind)(fd, addr, len);
	if (result == 0 && addr && addr->sa_family != AF_UNIX) {
		aet_adopt_bound(fd);
		note_early_watch(fd);
		aet_errno = saved;
	}
	return result;
}

/* Out of line, so that the fast path has no frame. */
__attribute__((noinline)) static int connect_by_book(
	int fd, const struct sockaddr *addr, socklen_t len)
{
	struct aet_way way = {0};
	enum aet_book_answer answer = aet_reach(fd, addr, len, &way);

	if (answer == AET_BOOK_NOBODY) {
		aet_errno = way.error;
		return -1;
	}
	if (answer == AET_BOOK_DOOR)
		return AET_REAL(connect)(fd, (struct sockaddr *)&way.name, way.length);
	return AET_REAL(connect)(fd, addr, len);
}

EXPORT int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	if (AET_LIKELY(aet_view_is_free()) || !aet_lib.active)
		return AET_REAL(connect)(fd, addr, len);
	return connect_by_book(fd, addr, len);
}

EXPORT int listen(int fd, int backlog)
{
	int saved = aet_errno;
	int result;

	if (!aet_lib.active)
		return AET_REAL(listen)(fd, backlog);
	if (aet_adopt_listen(fd, backlog)) {
		note_early_watch(fd);
		aet_errno = saved;
		return 0;
	}
	if (aet_adopt_is_one_of_many(fd))
		aet_adopt_listening(fd, backlog, true);
	result = AET_REAL(listen)(fd, backlog);
	if (result == 0) {
		aet_adopt_listening(fd, backlog, false);
		note_early_watch(fd);
		aet_errno = saved;
	}
	return result;
}

/* Fast path: connections never have a placeholder. */
static inline bool may_have_placeholder(int fd)
{
	int8_t mark = aet_mark(fd);

	return mark != AET_MARK_NONE && mark != AET_MARK_CONNECTION;
}

/* The socket that fd means to the program while it holds another file; or NULL. Under the lock. */
static struct aet_socket *socket_behind(int fd)
{
	struct aet_socket *sock = aet_socket_of(fd);

	if (!sock || (sock->state == AET_SOCKET_LIVE && !sock->held))
		return NULL;
	return sock;
}

static bool name_elsewhere(int fd, struct aet_address *ret_address)
{
	struct aet_socket *sock;
	uint64_t mask;

	if (!aet_is_owner())
		return false;
	aet_lock(&mask);
	sock = socket_behind(fd);
	if (sock)
		*ret_address = sock->address;
	aet_unlock(&mask);
	return sock != NULL;
}

static bool has_no_name(const struct sockaddr *addr, socklen_t len)
{
	if (len == offsetof(struct sockaddr_un, sun_path))
		return addr->sa_family == AF_UNIX;
	return len >= 4 && (addr->sa_family == AF_INET || addr->sa_family == AF_INET6) &&
		((const struct sockaddr_in *)(const void *)addr)->sin_port == 0;
}

EXPORT int getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	struct aet_address address;

	if (AET_LIKELY(!may_have_placeholder(fd))) {
		int result = AET_REAL(getsockname)(fd, addr, len);

		if (AET_LIKELY(result < 0 || !has_no_name(addr, *len)) || !aet_adopt_nameless(fd))
			return result;
	}
	if (!addr || !len || !name_elsewhere(fd, &address))
		return AET_REAL(getsockname)(fd, addr, len);
	aet_copy(addr, address.bytes, AET_MIN(*len, address.length));
	*len = address.length;
	return 0;
}

/*
 * Makes the call on the descriptor that has the options: the program's own socket until the
 * release, the kept one after. The lock keeps both open meanwhile; a raw call, as another preload's
 * function might come back to us. False: fd itself has the options.
 */
static bool option_elsewhere(int fd, long call, int level, int name, const void *value,
	unsigned long len, long *ret_result)
{
	struct aet_socket *sock;
	uint64_t mask;

	if (!aet_is_owner())
		return false;
	aet_lock(&mask);
	sock = socket_behind(fd);
	if (sock && sock->state == AET_SOCKET_BOUND)
		sock = NULL;
	if (sock && sock->orig_fd >= 0)
		*ret_result = AET_SYS(call, sock->orig_fd, level, name, value, len, 0);
	else if (sock && call == SYS_getsockopt)
		*ret_result = AET_SYS(call, sock->listen_fd, level, name, value, len, 0);
	else if (sock) /* gated: the listener is another generation's to change */
		*ret_result = 0;
	aet_unlock(&mask);
	return sock != NULL;
}

static int finish(long result)
{
	if (result >= 0)
		return (int)result;
	aet_errno = (int)-result;
	return -1;
}

EXPORT int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	long result;

	/* The program's own socket never listened; to the program, fd does. */
	if (AET_UNLIKELY(may_have_placeholder(fd)) &&
		(level != SOL_SOCKET || name != SO_ACCEPTCONN) &&
		option_elsewhere(
			fd, SYS_getsockopt, level, name, value, (unsigned long)len, &result))
		return finish(result);
	return AET_REAL(getsockopt)(fd, level, name, value, len);
}

EXPORT int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	long result;

	if (AET_UNLIKELY(may_have_placeholder(fd)) &&
		option_elsewhere(fd, SYS_setsockopt, level, name, value, len, &result))
		return finish(result);
	return AET_REAL(setsockopt)(fd, level, name, value, len);
}

/* shutdown(2) of a listener ends it for every process that shares it and resets its queue. A kept
 * listener goes on: the hook shuts the descriptors of this process alone, so that a thread that
 * waits in accept() gets EINVAL, as after the real call. */
EXPORT int shutdown(int fd, int how)
{
	struct aet_socket *sock;
	int saved = aet_errno;
	uint64_t mask;

	if (AET_LIKELY(!may_have_placeholder(fd)))
		return AET_REAL(shutdown)(fd, how);
	if (aet_mark(fd) == AET_MARK_MOVED) /* the end of file is many numbers' */
		return 0;
	if (!aet_is_owner())
		return AET_REAL(shutdown)(fd, how);
	aet_lock(&mask);
	sock = aet_socket_of(fd);
	if (sock && sock->state == AET_SOCKET_LIVE && !sock->datagram)
		aet_listener_shut(sock);
	else
		sock = NULL;
	aet_unlock(&mask);
	aet_errno = saved;
	return sock ? 0 : AET_REAL(shutdown)(fd, how);
}
