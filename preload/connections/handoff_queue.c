#include "connections/handoff_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "connections/blocked_threads.h"
#include "connections/conn.h"
#include "connections/handoff_room.h"
#include "core/client.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/table.h"
#include "msgio.h"
#include "sys.h"

#define TAKE_BATCHES 8 /* at one look: what is left is for the other processes */

/* Only what is in a handoff queue counts, so that the launcher knows when to stop waking takers. */
static void announce(int change)
{
	uint32_t queued = atomic_load(&aet_lib.page->queued);
	uint32_t next;

	do
		next = change < 0 && queued < (uint32_t)-change ? 0 : queued + (uint32_t)change;
	while (!atomic_compare_exchange_weak(&aet_lib.page->queued, &queued, next));
}

int aet_queue_give(struct aet_socket *sock, const int *fds, int count)
{
	struct aet_connections message = {.count = (uint32_t)count};
	int result;

	if (sock->queue_give < 0)
		return -EOPNOTSUPP;
	aet_header_init(&message.header, AET_MSG_CONNECTIONS, 0, 0);
	announce(count); /* before: a taker that comes at once must not find nothing announced */
	result = aet_message_send(
		sock->queue_give, &message, sizeof(message), fds, count, MSG_DONTWAIT);
	if (result == 0)
		aet_queue_tell(sock, fds, count, false);
	else
		announce(-count);
	return result;
}

void aet_queue_tell(const struct aet_socket *sock, const int *fds, int count, bool closed)
{
	struct aet_moved note = {
		.listener = sock->listener, .count = (uint16_t)count, .closed = closed};

	for (int i = 0; i < count; i++) {
		struct stat status = {0};

		(void)AET_SYS2(fstat, fds[i], &status);
		note.inodes[i] = (uint32_t)status.st_ino;
	}
	aet_client_note(&note, AET_MSG_MOVED, sizeof(note));
}

/* --- the parking epoll --- */

static bool has_parking_epoll(struct aet_socket *sock)
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
static void hang(const struct aet_socket *sock)
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

void aet_queue_follow_watch(struct aet_socket *sock, int epfd, int op, struct epoll_event *event)
{
	struct epoll_event copy = {0};

	if (sock->parking_epoll < 0)
		return;
	if (event)
		copy = *event;
	copy.events &= ~(uint32_t)EPOLLEXCLUSIVE;
	(void)AET_SYS4(epoll_ctl, epfd, op, sock->parking_epoll, &copy);
}

static void rest(struct aet_socket *sock, int fd)
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

/* It leaves the parking epoll; the descriptor is closed when it lives on under another number. */
static void rise(struct aet_socket *sock, int fd, bool close)
{
	(void)AET_SYS4(epoll_ctl, sock->parking_epoll, EPOLL_CTL_DEL, fd, NULL);
	sock->parked--;
	AET_WRITE(aet_parked_total, aet_parked_total - 1);
	AET_WRITE(aet_marks[fd], AET_MARK_NONE);
	if (close)
		(void)AET_SYS1(close, fd);
}

/* The next one that rests, from fd on; -1: there is none. */
static int next_parked(const struct aet_socket *sock, int fd)
{
	for (; fd <= aet_conn_high; fd++)
		if (aet_mark(fd) == AET_MARK_PARKED && &aet_sockets[aet_conns[fd].socket] == sock)
			return fd;
	return -1;
}

/* --- taking and returning --- */

/* Out of the way of the program's numbers, if there is a place. */
static int settle(int fd)
{
	int hidden = aet_fd_hide(fd, false);

	if (hidden >= 0 && hidden < AET_FDS_MAX) {
		(void)AET_SYS1(close, fd);
		return hidden;
	}
	if (hidden >= 0)
		(void)AET_SYS1(close, hidden);
	return fd;
}

/* How many the next message carries; 0: there is none. Peeked at without room for descriptors,
 * none is made (unix(7)). */
static int count_next(int queue)
{
	struct aet_connections next = {0};
	long got = AET_SYS(
		SYS_recvfrom, queue, &next, sizeof(next), MSG_PEEK | MSG_DONTWAIT, NULL, NULL);

	if (got < (long)sizeof(next))
		return 0;
	return (int)AET_MIN(next.count, (uint32_t)AET_QUEUE_BATCH);
}

static bool take_batch(struct aet_socket *sock)
{
	struct aet_message message;
	int count = count_next(sock->queue_take);

	if (count == 0 || aet_room_count(count) < count ||
		aet_message_receive(sock->queue_take, &message, MSG_DONTWAIT) <= 0)
		return false;
	announce(-message.fd_count);
	for (int i = 0; i < message.fd_count; i++)
		rest(sock, settle(message.fds[i]));
	return true;
}

/* A program that sleeps in accept() has a thread or a process for each connection: it takes the
 * silent ones at once, because nothing would wake it for the parking epoll. */
static bool is_eager(const struct aet_socket *sock, int listener_fd)
{
	return !sock->polled && !aet_fd_is_nonblocking(listener_fd);
}

void aet_queue_take(struct aet_socket *sock)
{
	struct rlimit before;
	int parked = sock->parked;

	if (sock->queue_take < 0 || sock->held || !sock->wanted || !aet_conns ||
		atomic_load(&aet_lib.page->queued) == 0 || !has_parking_epoll(sock))
		return;
	if (!aet_room_raise_limit(&before))
		return;
	for (int i = 0; i < TAKE_BATCHES && take_batch(sock); i++)
		;
	(void)AET_SYS4(prlimit64, 0, RLIMIT_NOFILE, &before, NULL);
	if (sock->parked > 0)
		hang(sock);
	/* Threads that sleep in accept() already: this one may be asleep in something else. */
	if (sock->parked > parked && is_eager(sock, sock->listen_fd))
		aet_blocked_threads_kick();
}

void aet_queue_return(struct aet_socket *sock)
{
	int fd = 0;

	while (sock->parked > 0) {
		int fds[AET_QUEUE_BATCH];
		int count = 0;

		while (count < AET_QUEUE_BATCH && (fd = next_parked(sock, fd)) >= 0)
			fds[count++] = fd++;
		if (count == 0 || aet_queue_give(sock, fds, count) < 0)
			return;
		while (count > 0)
			rise(sock, fds[--count], true);
		if (fd < 0)
			return;
	}
}

void aet_queue_after_fork(void)
{
	for (int i = 0; i < AET_SOCKETS_MAX; i++) {
		struct aet_socket *sock = &aet_sockets[i];
		int fd = -1;

		while (sock->parked > 0 && (fd = next_parked(sock, fd + 1)) >= 0) {
			AET_WRITE(aet_marks[fd], AET_MARK_NONE);
			(void)AET_SYS1(close, fd);
		}
		sock->parked = 0;
		if (sock->state != AET_SOCKET_FREE)
			aet_fd_unhide_close(&sock->parking_epoll);
	}
	AET_WRITE(aet_parked_total, 0);
}

/* --- accepting --- */

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

	if (!sock->took_moved || is_eager(sock, listener_fd))
		return false;
	sock->took_moved = false;
	return AET_SYS3(poll, &queue, 1, 0) > 0;
}

static int choose(struct aet_socket *sock, int listener_fd)
{
	struct epoll_event event = {0};

	if (is_turn_of_new(sock, listener_fd))
		return -1;
	if (AET_SYS4(epoll_wait, sock->parking_epoll, &event, 1, 0) > 0)
		return event.data.fd;
	return is_eager(sock, listener_fd) ? next_parked(sock, 0) : -1;
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
	rise(sock, hidden, true);
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
	if (sock && sock->parked > 0)
		fd = pop(sock, listener_fd, flags);
	if (fd >= 0)
		freshen(sock, fd, flags);
	aet_unlock(&mask);
	if (fd < 0)
		return fd;
	(void)aet_conn_consumed(fd, &consumed);
	aet_conn_open(listener_fd, fd, consumed);
	if (addr && len)
		(void)AET_SYS3(getpeername, fd, addr, len);
	return fd;
}
