#include "connections/parking.h"

#include <stddef.h>

#include "connections/conn.h"
#include "core/table.h"
#include "sys.h"

bool aet_parking_begin(struct aet_socket *sock)
{
	int fd;

	if (sock->parking_epoll >= 0)
		return true;
	fd = (int)AET_SYS1(epoll_create1, EPOLL_CLOEXEC);
	if (fd < 0)
		return false;
	sock->parking_epoll = aet_fd_hide(fd, true);
	if (sock->parking_epoll >= 0)
		return true;
	(void)AET_SYS1(close, fd);
	sock->parking_epoll = -1;
	return false;
}

/* EPOLLEXCLUSIVE is not for epolls, and the parking epoll is this process's own. */
void aet_parking_hang(const struct aet_socket *sock)
{
	for (int i = 0; i < AET_WATCHES_MAX; i++) {
		const struct aet_watch *watch = &aet_watches[i];
		struct epoll_event event = {.events = watch->events & ~(uint32_t)EPOLLEXCLUSIVE,
			.data.u64 = watch->data};

		if (watch->place == AET_PLACE_REAL && watch->socket == sock - aet_sockets &&
			!watch->foreign && !watch->gone)
			(void)AET_SYS4(
				epoll_ctl, watch->epfd, EPOLL_CTL_ADD, sock->parking_epoll, &event);
	}
}

void aet_parking_follow_watch(struct aet_socket *sock, int epfd, int op, struct epoll_event *event)
{
	struct epoll_event copy = {0};

	if (sock->parking_epoll < 0)
		return;
	if (event)
		copy = *event;
	copy.events &= ~(uint32_t)EPOLLEXCLUSIVE;
	(void)AET_SYS4(epoll_ctl, epfd, op, sock->parking_epoll, &copy);
}

void aet_parking_add(struct aet_socket *sock, int fd)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = fd};
	struct aet_conn *conn = &aet_conns[fd];

	conn->socket = (uint8_t)(sock - aet_sockets);
	AET_WRITE(aet_marks[fd], AET_MARK_PARKED);
	aet_conn_high = AET_MAX(aet_conn_high, fd);
	sock->parked++;
	AET_WRITE(aet_parked_total, aet_parked_total + 1);
	(void)AET_SYS4(epoll_ctl, sock->parking_epoll, EPOLL_CTL_ADD, fd, &event);
}

void aet_parking_remove(struct aet_socket *sock, int fd, bool close)
{
	(void)AET_SYS4(epoll_ctl, sock->parking_epoll, EPOLL_CTL_DEL, fd, NULL);
	sock->parked--;
	AET_WRITE(aet_parked_total, aet_parked_total - 1);
	AET_WRITE(aet_marks[fd], AET_MARK_NONE);
	if (close)
		(void)AET_SYS1(close, fd);
}

int aet_parking_next(const struct aet_socket *sock, int fd)
{
	for (; fd <= aet_conn_high; fd++)
		if (aet_mark(fd) == AET_MARK_PARKED && &aet_sockets[aet_conns[fd].socket] == sock)
			return fd;
	return -1;
}

void aet_parking_after_fork(void)
{
	for (int i = 0; i < AET_SOCKETS_MAX; i++) {
		struct aet_socket *sock = &aet_sockets[i];
		int fd = -1;

		while (sock->parked > 0 && (fd = aet_parking_next(sock, fd + 1)) >= 0) {
			AET_WRITE(aet_marks[fd], AET_MARK_NONE);
			(void)AET_SYS1(close, fd);
		}
		sock->parked = 0;
		if (sock->state != AET_SOCKET_FREE)
			aet_fd_unhide_close(&sock->parking_epoll);
	}
	AET_WRITE(aet_parked_total, 0);
}
