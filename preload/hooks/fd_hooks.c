#include "hooks/fd_hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stddef.h>

#include "connections/conn.h"
#include "connections/handoff_queue.h"
#include "connections/parking.h"
#include "connections/tombstone.h"
#include "core/client.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/table.h"
#include "listeners/adopt.h"
#include "listeners/listener_use.h"
#include "sys.h"

/* Workers of one process may share a kept listener, each with a socket of its own. */
static bool has_other_of(const struct aet_socket *sock)
{
	for (int i = 0; i < AET_SOCKETS_MAX; i++)
		if (&aet_sockets[i] != sock && aet_sockets[i].state == AET_SOCKET_LIVE &&
			aet_sockets[i].listener == sock->listener)
			return true;
	return false;
}

static void withdraw(const struct aet_socket *sock)
{
	struct aet_withdraw note = {.listener = sock->listener,
		.flags = sock->state == AET_SOCKET_BOUND ? AET_WITHDRAW_CLAIM : 0};

	if (sock->state == AET_SOCKET_BOUND || !has_other_of(sock))
		aet_client_note(&note, AET_MSG_WITHDRAW, sizeof(note));
}

/* The kernel drops a registration with the last descriptor of its file. The launcher holds one too,
 * so the registration would fire for ever (epoll(7), question 6) if it were not deleted here. */
static void forget(struct aet_socket *sock, int fd)
{
	for (int i = 0; i < AET_WATCHES_MAX; i++) {
		struct aet_watch *watch = &aet_watches[i];
		bool there = watch->place == AET_PLACE_PLACEHOLDER || watch->again ||
			(watch->place == AET_PLACE_REAL && !sock->held);

		if (watch->place != AET_PLACE_FREE && watch->fd == fd && there && !watch->foreign)
			(void)AET_SYS4(epoll_ctl, watch->epfd, EPOLL_CTL_DEL, fd, NULL);
	}
	aet_socket_drop_fd(sock, fd);
	if (sock->fd_count == 0) {
		aet_queue_return(sock);
		withdraw(sock);
		aet_socket_free(sock);
	}
}

bool aet_fd_hooks_close(int fd)
{
	struct aet_socket *sock;
	uint64_t mask;

	if (!aet_is_owner()) /* a vfork(2) child closes its own descriptors alone */
		return false;
	if (aet_mark(fd) == AET_MARK_CONNECTION || aet_mark(fd) == AET_MARK_MOVED) {
		aet_conn_close(fd);
		return false;
	}
	if (aet_mark(fd) == AET_MARK_INTERNAL || aet_mark(fd) == AET_MARK_PARKED)
		return true;
	aet_lock(&mask);
	sock = aet_socket_of(fd);
	if (sock)
		forget(sock, fd);
	else
		aet_mark_set(fd, AET_MARK_NONE);
	aet_unlock(&mask);
	return false;
}

void aet_fd_hooks_copy(int from, int to)
{
	struct aet_socket *sock;
	uint64_t mask;

	if (!aet_is_owner() || to < 0 || from == to)
		return;
	if (aet_mark(from) == AET_MARK_CONNECTION) {
		aet_conn_lose(from);
		return;
	}
	aet_lock(&mask);
	sock = aet_socket_of(from);
	if (sock)
		(void)aet_socket_add_fd(sock, to);
	else if (aet_mark(from) == AET_MARK_UNCLAIMED)
		aet_mark_set(to, AET_MARK_UNCLAIMED);
	aet_unlock(&mask);
}

/* Moves a descriptor of the library out of the program's way. */
static void move_internal(int fd)
{
	int moved = aet_fd_hide(fd, false);

	if (moved < 0)
		return;
	if (aet_lib.lifeline == fd)
		AET_WRITE(aet_lib.lifeline, moved);
	if (aet_lib.page_fd == fd)
		aet_lib.page_fd = moved;
	aet_tombstone_renumber(fd, moved);
	for (int i = 0; i < AET_SOCKETS_MAX; i++) {
		struct aet_socket *sock = &aet_sockets[i];

		if (sock->state == AET_SOCKET_FREE)
			continue;
		if (sock->listen_fd == fd)
			sock->listen_fd = moved;
		if (sock->placeholder_fd == fd)
			sock->placeholder_fd = moved;
		if (sock->orig_fd == fd)
			sock->orig_fd = moved;
		if (sock->parking_epoll == fd)
			sock->parking_epoll = moved;
		if (sock->queue_give == fd)
			sock->queue_give = moved;
		if (sock->queue_take == fd)
			sock->queue_take = moved;
	}
	aet_mark_set(fd, AET_MARK_NONE);
}

void aet_fd_hooks_make_room(int to)
{
	uint64_t mask;

	if (!aet_is_owner())
		return;
	if (aet_mark(to) == AET_MARK_INTERNAL) {
		aet_lock(&mask);
		move_internal(to);
		aet_unlock(&mask);
		return;
	}
	(void)aet_fd_hooks_close(to);
}

int aet_fd_hooks_close_range(unsigned first, unsigned last, int flags)
{
	unsigned from = first;
	unsigned end = AET_MIN(last, (unsigned)AET_FDS_MAX - 1);
	long result;

	if (flags & CLOSE_RANGE_UNSHARE) /* the caller gets a descriptor table of its own */
		return (int)AET_SYS3(close_range, first, last, flags);
	for (unsigned fd = first; fd <= end; fd++) {
		int8_t mark = aet_mark((int)fd);

		if (mark == AET_MARK_NONE)
			continue;
		if (mark != AET_MARK_INTERNAL && mark != AET_MARK_PARKED) {
			if (!(flags & CLOSE_RANGE_CLOEXEC))
				(void)aet_fd_hooks_close((int)fd);
			continue;
		}
		if (fd > from)
			(void)AET_SYS3(close_range, from, fd - 1, flags);
		from = fd + 1;
	}
	if (from > last)
		return 0;
	result = AET_SYS3(close_range, from, last, flags);
	return (int)result;
}

/* While a socket is held, its descriptors have another file than the one their registrations are
 * for: the change is remembered. False: it is for the placeholder, which has a registration of its
 * own. */
static bool change_while_held(const struct aet_socket *sock, struct aet_watch *watch, int op,
	const struct epoll_event *event)
{
	if (watch->again)
		return false;
	if (op == EPOLL_CTL_DEL) {
		watch->gone = true;
		return true;
	}
	if (!event || (op == EPOLL_CTL_ADD && !(watch->gone && sock->datagram)))
		return false;
	watch->gone = false;
	watch->events = event->events;
	watch->data = event->data.u64;
	return true;
}

/* The kernel made the change on the placeholder; the program's epoll may even be a new one under an
 * old descriptor. */
static void follow_placeholder(struct aet_watch *watch, int op, const struct epoll_event *event)
{
	watch->again = op != EPOLL_CTL_DEL;
	watch->gone = !watch->again;
	if (watch->gone)
		return;
	watch->events = event->events;
	watch->data = event->data.u64;
}

static void remember(struct aet_socket *sock, int epfd, int fd, const struct epoll_event *event)
{
	struct aet_watch *watch = aet_watch_new();

	if (!watch)
		return;
	*watch = (struct aet_watch){
		.place = sock->held || sock->state == AET_SOCKET_BOUND ? AET_PLACE_PLACEHOLDER
								       : AET_PLACE_REAL,
		.socket = (uint8_t)(sock - aet_sockets),
		.epfd = epfd,
		.fd = fd,
		.events = event->events,
		.data = event->data.u64,
	};
}

static int control(struct aet_socket *sock, int epfd, int op, int fd, struct epoll_event *event)
{
	struct aet_watch *watch = aet_watch_find(epfd, fd);
	bool away;
	long result;

	away = watch && !watch->foreign && watch->place == AET_PLACE_REAL && sock->held;
	if (away && watch->gone && op != EPOLL_CTL_ADD)
		return -ENOENT;
	if (away && change_while_held(sock, watch, op, event))
		return 0;
	result = AET_SYS4(epoll_ctl, epfd, op, fd, event);
	if (result < 0)
		return (int)result;
	aet_parking_follow_watch(sock, epfd, op, event);
	if (away) {
		follow_placeholder(watch, op, event);
		return 0;
	}
	if (op == EPOLL_CTL_DEL && watch)
		watch->place = AET_PLACE_FREE;
	if (op == EPOLL_CTL_MOD && watch)
		watch->events = event->events, watch->data = event->data.u64;
	if (op == EPOLL_CTL_ADD) {
		if (watch) /* an earlier epoll under this descriptor was closed */
			watch->place = AET_PLACE_FREE;
		remember(sock, epfd, fd, event);
	}
	return 0;
}

bool aet_fd_hooks_epoll(int epfd, int op, int fd, struct epoll_event *event, int *ret_result)
{
	struct aet_socket *sock;
	uint64_t mask;

	if (!aet_is_owner())
		return false;
	if (aet_mark(fd) == AET_MARK_UNCLAIMED)
		aet_adopt_claim(fd);
	aet_lock(&mask);
	sock = aet_socket_of(fd);
	if (sock)
		*ret_result = control(sock, epfd, op, fd, event);
	aet_unlock(&mask);
	if (sock && *ret_result == 0 && op != EPOLL_CTL_DEL && event &&
		(event->events & (EPOLLIN | EPOLLRDNORM)))
		aet_listener_use(fd, AET_USE_EPOLL);
	return sock != NULL;
}
