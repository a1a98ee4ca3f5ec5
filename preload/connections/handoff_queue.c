#include "connections/handoff_queue.h"

#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

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

#define OTHERS_MS    100
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

bool aet_queue_is_eager(const struct aet_socket *sock, int listener_fd)
{
	return !sock->polled && !aet_fd_is_nonblocking(listener_fd);
}

static bool is_taker(const struct aet_socket *sock)
{
	return sock->queue_take >= 0 && !sock->held && sock->wanted && aet_conns &&
		atomic_load(&aet_lib.page->queued) > 0;
}

static uint32_t now_ms(void)
{
	struct timespec now = {0};

	(void)AET_SYS2(clock_gettime, CLOCK_MONOTONIC, &now);
	return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

static void set_awaited(struct aet_socket *sock, bool awaited)
{
	if (sock->awaited == awaited)
		return;
	AET_WRITE(aet_queues_awaited, aet_queues_awaited + (awaited ? 1 : -1));
	sock->awaited = awaited;
	sock->awaited_ms = awaited ? now_ms() : 0;
}

/* Its only way to wait for this listener is poll or select. */
static bool waits_in_poll(const struct aet_socket *sock)
{
	for (int i = 0; i < AET_WATCHES_MAX; i++)
		if (aet_watches[i].place != AET_PLACE_FREE &&
			aet_watches[i].socket == sock - aet_sockets)
			return false;
	return sock->polled;
}

/*
 * Threads that sleep in accept() take the silent ones as well, because nothing would wake them for
 * the parking epoll. Each takes one when it has nothing else to do, and so does who waits in poll or
 * select: a process that serves one connection at a time must not have a second one, whose client
 * would wait for the first to end.
 */
static void let_waiters_take(struct aet_socket *sock)
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
	if (aet_queue_is_eager(sock, sock->listen_fd) || waits_in_poll(sock)) {
		let_waiters_take(sock);
		return;
	}
	if (take(sock, leave == AET_TRIAL_ONE ? 1 : TAKE_BATCHES) && leave == AET_TRIAL_ONE)
		aet_trial_note_taken(sock);
	if (sock->parked > 0)
		aet_parking_hang(sock);
	/* Some may wait in poll() as well, and have no parking epoll in their sets. */
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

static void take_next(struct aet_socket *sock)
{
	enum aet_trial_leave leave = aet_trial_may_take(sock);

	if (!is_taker(sock) || leave == AET_TRIAL_NOTHING || !take(sock, 1)) {
		set_awaited(sock, false);
		return;
	}
	if (leave == AET_TRIAL_ONE)
		aet_trial_note_taken(sock);
}

/* A message of one comes from a program that may serve one at a time, and so may this one: another
 * process may be free, and for a moment it has the first right to it. */
static bool is_for_another(const struct aet_socket *sock)
{
	return sock->parked > 0 && count_next(sock->queue_take) == 1 &&
		now_ms() - sock->awaited_ms < OTHERS_MS;
}

void aet_queue_take_one(struct aet_socket *sock)
{
	take_next(sock);
	return_surplus(sock);
}

void aet_queue_look(int listener_fd)
{
	struct aet_socket *sock;
	uint64_t mask;

	if (!aet_is_owner())
		return;
	aet_lock(&mask);
	sock = aet_socket_of(listener_fd);
	if (sock && sock->awaited && !is_for_another(sock))
		take_next(sock);
	aet_unlock(&mask);
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
