#include "connections/handoff_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "connections/blocked_threads.h"
#include "connections/conn.h"
#include "connections/fate.h"
#include "connections/handoff_room.h"
#include "connections/parking.h"
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

/* Puts them into the queue. They stay open here. */
static int send_on(const struct aet_socket *sock, const int *fds, int count)
{
	struct aet_connections message = {.count = (uint32_t)count};
	int result;

	if (sock->queue_give < 0)
		return -EOPNOTSUPP;
	aet_header_init(&message.header, AET_MSG_CONNECTIONS, 0, 0);
	announce(count); /* before: a taker that comes at once must not find nothing announced */
	result = aet_message_send(
		sock->queue_give, &message, sizeof(message), fds, count, MSG_DONTWAIT);
	if (result < 0)
		announce(-count);
	return result;
}

int aet_queue_give(struct aet_socket *sock, const int *fds, int count)
{
	int result = send_on(sock, fds, count);

	if (result == 0)
		aet_queue_tell(sock, fds, count, false);
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
		aet_parking_add(sock, settle(message.fds[i]));
	return true;
}

/* Takes so many messages at most; true: there was one. */
static bool take(struct aet_socket *sock, int most)
{
	struct rlimit before;
	int taken = 0;

	if (!aet_parking_begin(sock) || !aet_room_raise_limit(&before))
		return false;
	while (taken < most && take_batch(sock))
		taken++;
	(void)AET_SYS4(prlimit64, 0, RLIMIT_NOFILE, &before, NULL);
	return taken > 0;
}

/* A program that sleeps in accept() has a thread or a process for each connection. */
static bool is_eager(const struct aet_socket *sock, int listener_fd)
{
	return !sock->polled && !aet_fd_is_nonblocking(listener_fd);
}

static bool is_taker(const struct aet_socket *sock)
{
	return sock->queue_take >= 0 && !sock->held && sock->wanted && aet_conns &&
		atomic_load(&aet_lib.page->queued) > 0;
}

static void set_awaited(struct aet_socket *sock, bool awaited)
{
	if (sock->awaited != awaited)
		AET_WRITE(aet_queues_awaited, aet_queues_awaited + (awaited ? 1 : -1));
	sock->awaited = awaited;
}

/*
 * Threads that sleep in accept() take the silent ones as well, because nothing would wake them for
 * the parking epoll. Each takes one when it has nothing else to do: a process that serves one
 * connection at a time must not have a second one, whose client would wait for the first to end.
 */
static void let_accept_take(struct aet_socket *sock)
{
	set_awaited(sock, count_next(sock->queue_take) > 0);
	if (sock->awaited || sock->parked > 0)
		aet_blocked_threads_kick();
}

void aet_queue_take(struct aet_socket *sock)
{
	enum aet_trial_leave leave = aet_trial_may_take(sock);
	int parked = sock->parked;

	if (!is_taker(sock) || leave == AET_TRIAL_NOTHING) {
		set_awaited(sock, false);
		return;
	}
	if (is_eager(sock, sock->listen_fd)) {
		let_accept_take(sock);
		return;
	}
	if (take(sock, leave == AET_TRIAL_ONE ? 1 : TAKE_BATCHES) && leave == AET_TRIAL_ONE)
		aet_trial_note_taken(sock);
	if (sock->parked > 0)
		aet_parking_hang(sock);
	/* Who waits in poll() already has no parking epoll in its set; this thread may be asleep in
	 * something else. */
	if (sock->parked > parked && sock->kick)
		aet_blocked_threads_kick();
}

/* All but the first, one by one: they are for whoever comes next. What finds no room stays here. */
static void return_surplus(struct aet_socket *sock)
{
	int fd = aet_parking_next(sock, 0);

	while (sock->parked > 1 && (fd = aet_parking_next(sock, fd + 1)) >= 0 &&
		send_on(sock, &fd, 1) == 0)
		aet_parking_remove(sock, fd, true);
}

static void take_one(struct aet_socket *sock)
{
	enum aet_trial_leave leave = aet_trial_may_take(sock);

	if (!is_taker(sock) || leave == AET_TRIAL_NOTHING || !take(sock, 1)) {
		set_awaited(sock, false);
		return;
	}
	if (leave == AET_TRIAL_ONE)
		aet_trial_note_taken(sock);
	return_surplus(sock);
}

void aet_queue_return(struct aet_socket *sock)
{
	int fd = 0;

	while (sock->parked > 0) {
		int fds[AET_QUEUE_BATCH];
		int count = 0;

		while (count < AET_QUEUE_BATCH && (fd = aet_parking_next(sock, fd)) >= 0)
			fds[count++] = fd++;
		if (count == 0 || aet_queue_give(sock, fds, count) < 0)
			return;
		while (count > 0)
			aet_parking_remove(sock, fds[--count], true);
		if (fd < 0)
			return;
	}
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
	return is_eager(sock, listener_fd) || would_sleep(listener_fd) ? aet_parking_next(sock, 0)
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
	if (sock && sock->parked == 0 && sock->awaited)
		take_one(sock);
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
