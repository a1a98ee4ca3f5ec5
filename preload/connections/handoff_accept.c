#include "connections/handoff_accept.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>

#include "connections/conn.h"
#include "connections/fate.h"
#include "connections/handoff_queue.h"
#include "connections/parking.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/table.h"
#include "sys.h"

/* As a socket that accept() made: what the other generation set is undone. On Linux a connection
 * begins with its listener's options, which servers rely on (gunicorn sets TCP_NODELAY there alone). */
static void freshen(const struct aet_socket *sock, int fd, int flags)
{
	(void)AET_SYS3(fcntl, fd, F_SETFL, flags & SOCK_NONBLOCK ? O_RDWR | O_NONBLOCK : O_RDWR);
	aet_options_inherit(sock->address.family == AF_UNIX ? -1 : sock->listen_fd, fd);
}

/* In turn: thousands that moved and speak again must not keep out the one that comes anew. Not for
 * a program that sleeps in accept(): where another process is quicker, nothing would wake it. */
static bool is_turn_of_new(struct aet_socket *sock, int listener_fd)
{
	struct pollfd queue = {.fd = listener_fd, .events = POLLIN};

	if (!sock->took_moved || aet_queue_is_eager(sock, listener_fd))
		return false;
	sock->took_moved = false;
	return AET_SYS3(poll, &queue, 1, 0) > 0;
}

/* The caller waits in accept(), and there is no new one. */
static bool would_sleep(int listener_fd)
{
	struct pollfd queue = {.fd = listener_fd, .events = POLLIN};

	return !aet_fd_is_nonblocking(listener_fd) && AET_SYS3(poll, &queue, 1, 0) == 0;
}

static int choose(struct aet_socket *sock, int listener_fd)
{
	struct epoll_event event = {0};

	if (is_turn_of_new(sock, listener_fd))
		return -1;
	if (AET_SYS4(epoll_wait, sock->parking_epoll, &event, 1, 0) > 0)
		return event.data.fd;
	return aet_queue_is_eager(sock, listener_fd) || would_sleep(listener_fd)
		? aet_parking_next(sock, 0)
		: -1;
}

static int pop(struct aet_socket *sock, int listener_fd, int flags)
{
	int hidden = choose(sock, listener_fd);
	long fd;

	if (hidden < 0)
		return -EAGAIN;
	fd = AET_SYS3(fcntl, hidden, flags & SOCK_CLOEXEC ? F_DUPFD_CLOEXEC : F_DUPFD, 0);
	if (fd < 0)
		return (int)fd;
	aet_parking_remove(sock, hidden, true);
	sock->took_moved = true;
	return (int)fd;
}

int aet_queue_accept(int listener_fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	struct aet_socket *sock;
	uint64_t consumed = 0;
	uint64_t mask;
	int fd = -EAGAIN;

	if (!aet_is_owner())
		return -EAGAIN;
	aet_lock(&mask);
	sock = aet_socket_of(listener_fd);
	if (sock && sock->parked == 0 && sock->awaited &&
		(aet_queue_is_eager(sock, listener_fd) || would_sleep(listener_fd)))
		aet_queue_take_one(sock);
	if (sock && sock->parked > 0)
		fd = pop(sock, listener_fd, flags);
	if (fd >= 0)
		freshen(sock, fd, flags);
	aet_unlock(&mask);
	if (fd < 0)
		return fd;
	(void)aet_conn_consumed(fd, &consumed);
	aet_conn_open(listener_fd, fd, consumed);
	if (aet_mark(fd) == AET_MARK_CONNECTION) {
		aet_conns[fd].moved = true;
		aet_conns[fd].is_trial = aet_trial_is_under_way();
	}
	if (addr && len)
		(void)AET_SYS3(getpeername, fd, addr, len);
	return fd;
}
