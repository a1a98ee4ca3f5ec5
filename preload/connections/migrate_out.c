#include "connections/migrate_out.h"

#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "connections/blocked_threads.h"
#include "connections/fate.h"
#include "connections/handoff_queue.h"
#include "connections/proof.h"
#include "connections/tombstone.h"
#include "core/client.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/park.h"
#include "core/table.h"
#include "msgio.h"
#include "sys.h"

/* The program's thread waits meanwhile, unless all stand still. What is not moved here moves at its next
 * request. */
#define PER_CALL 128

/* Locks it when it is idle and nobody is at it. */
static bool lock_idle(struct aet_conn *conn)
{
	uint8_t open = AET_CONN_OPEN;

	if (!aet_http_is_idle(&conn->http) || conn->shared ||
		!atomic_compare_exchange_strong(&conn->state, &open, AET_CONN_LOCKED))
		return false;
	if (atomic_load(&conn->users) == 0 && aet_http_is_idle(&conn->http))
		return true;
	atomic_store(&conn->state, AET_CONN_OPEN);
	return false;
}

/* Locks it when it may go. in_read: the caller is about to read it. */
static bool lock_movable(int fd, struct aet_conn *conn, const struct aet_socket *sock,
	enum aet_fate fate, bool in_read)
{
	if (aet_conn_may_be_read_unseen(conn, in_read) || !lock_idle(conn))
		return false;
	if (fate != AET_FATE_MOVE || !aet_conn_is_bound(fd, conn, sock))
		return true;
	atomic_store(&conn->state, AET_CONN_OPEN);
	return false;
}

/* Some connections of one listener, locked. */
struct batch {
	struct aet_socket *sock;
	int count;
	int fds[AET_QUEUE_BATCH];
};

/* Before the descriptor is replaced. An epoll that was closed unseen has no registration any more,
 * and its descriptor may be another file by now: nothing is added there. */
static void disarm(struct aet_conn *conn, int fd)
{
	if (conn->epfd >= 0 && AET_SYS4(epoll_ctl, conn->epfd, EPOLL_CTL_DEL, fd, NULL) < 0)
		conn->epfd = -1;
}

static void rearm(const struct aet_conn *conn, int fd)
{
	struct epoll_event event = {.events = conn->events, .data.u64 = conn->data};

	if (conn->epfd >= 0)
		(void)AET_SYS4(epoll_ctl, conn->epfd, EPOLL_CTL_ADD, fd, &event);
}

static void put_back(struct batch *batch, bool disarmed)
{
	struct aet_stayed note = {.listener = batch->sock->listener};

	for (int i = 0; i < batch->count; i++) {
		struct aet_conn *conn = &aet_conns[batch->fds[i]];

		if (disarmed)
			rearm(conn, batch->fds[i]);
		note.count += !conn->stayed;
		conn->stayed = true;
		atomic_store(&conn->state, AET_CONN_OPEN);
	}
	if (note.count > 0)
		aet_client_note(&note, AET_MSG_STAYED, sizeof(note));
	batch->count = 0;
}

/* dup3(2) refuses a descriptor above a limit that was lowered since: the connection would have two
 * owners. */
static bool can_be_replaced(const struct batch *batch)
{
	struct rlimit limit = {0};

	if (AET_SYS4(prlimit64, 0, RLIMIT_NOFILE, NULL, &limit) < 0)
		return false;
	for (int i = 0; i < batch->count; i++)
		if ((rlim_t)batch->fds[i] >= limit.rlim_cur)
			return false;
	return true;
}

static void end_here(int fd, struct aet_conn *conn)
{
	long flags = AET_SYS3(fcntl, fd, F_GETFD, 0);

	(void)AET_SYS3(dup3, aet_tombstone_fd(conn->is_unix), fd,
		flags > 0 && (flags & FD_CLOEXEC) ? O_CLOEXEC : 0);
	rearm(conn, fd);
	AET_WRITE(aet_marks[fd], AET_MARK_MOVED);
	atomic_store(&conn->state, AET_CONN_MOVED);
}

/* Sends, or closes, all of the batch. */
static bool dispatch(struct batch *batch, enum aet_fate fate)
{
	if (batch->count == 0)
		return true;
	if (aet_tombstone_fd(batch->sock->address.family == AF_UNIX) < 0) {
		put_back(batch, false);
		return false;
	}
	if (!can_be_replaced(batch)) {
		put_back(batch, false);
		return false;
	}
	for (int i = 0; i < batch->count; i++)
		disarm(&aet_conns[batch->fds[i]], batch->fds[i]);
	if (fate == AET_FATE_MOVE && aet_queue_give(batch->sock, batch->fds, batch->count) < 0) {
		put_back(batch, true);
		return false;
	}
	if (fate == AET_FATE_CLOSE)
		aet_queue_tell(batch->sock, batch->fds, batch->count, true);
	for (int i = 0; i < batch->count; i++)
		end_here(batch->fds[i], &aet_conns[batch->fds[i]]);
	batch->count = 0;
	return true;
}

bool aet_conn_may_leave(int fd, const struct aet_conn *conn)
{
	const struct aet_socket *sock = &aet_sockets[conn->socket];
	enum aet_fate fate = sock->state == AET_SOCKET_FREE ? AET_FATE_STAY : aet_fate_of(sock);

	return fate != AET_FATE_STAY && !conn->shared && !atomic_load(&conn->http.lost) &&
		aet_http_is_idle(&conn->http) &&
		(fate != AET_FATE_MOVE || !aet_conn_is_bound(fd, conn, sock));
}

/* Its end, or bytes, are there. */
static bool is_readable(int fd)
{
	struct pollfd look = {.fd = fd, .events = POLLIN};

	return AET_SYS3(poll, &look, 1, 0) > 0;
}

/* While the others wait for one that goes ahead: it is this one, if its client has spoken. */
static enum aet_leaving go_ahead(struct batch *batch)
{
	int fd = batch->fds[0];
	bool sent;

	if (!aet_conn_has_unread(fd))
		return is_readable(fd) ? AET_LEAVING_NOT : AET_LEAVING_LATER;
	if (!aet_trial_claim())
		return AET_LEAVING_LATER;
	sent = dispatch(batch, AET_FATE_MOVE);
	aet_trial_note_sent(batch->sock, sent);
	if (!sent)
		return AET_LEAVING_NOT;
	aet_note_reconcile(); /* the others follow it */
	return AET_LEAVING_DONE;
}

/* It is locked; it stays so only if it has left. */
static enum aet_leaving leave(struct aet_conn *conn, struct batch *batch, enum aet_fate fate)
{
	enum aet_leaving leaving;

	if (!aet_conn_is_proven(batch->fds[0], conn, batch->sock)) {
		atomic_store(&conn->http.lost, true);
		leaving = AET_LEAVING_NOT;
	} else if (fate == AET_FATE_MOVE && aet_trial_holds_back()) {
		leaving = go_ahead(batch);
	} else {
		leaving = dispatch(batch, fate) ? AET_LEAVING_DONE : AET_LEAVING_NOT;
	}
	if (leaving != AET_LEAVING_DONE)
		atomic_store(&conn->state, AET_CONN_OPEN);
	return leaving;
}

enum aet_leaving aet_conn_migrate_out(int fd, struct aet_conn *conn)
{
	struct batch batch = {.sock = &aet_sockets[conn->socket], .count = 1, .fds = {fd}};
	enum aet_leaving leaving = AET_LEAVING_NOT;
	enum aet_fate fate;
	uint64_t mask;

	aet_lock(&mask);
	fate = batch.sock->state == AET_SOCKET_FREE ? AET_FATE_STAY : aet_fate_of(batch.sock);
	if (fate != AET_FATE_STAY && lock_movable(fd, conn, batch.sock, fate, true))
		leaving = leave(conn, &batch, fate);
	aet_unlock(&mask);
	return leaving;
}

static bool is_candidate(int fd, const struct aet_socket *sock)
{
	return aet_mark(fd) == AET_MARK_CONNECTION && &aet_sockets[aet_conns[fd].socket] == sock;
}

/* A thread that sleeps in a read would take the next request itself: it has to come out. */
static bool kick_readers(const struct aet_socket *sock, enum aet_fate fate)
{
	bool any = false;

	for (int fd = 0; fd <= aet_conn_high; fd++) {
		if (!is_candidate(fd, sock) || atomic_load(&aet_conns[fd].users) == 0 ||
			!aet_http_is_idle(&aet_conns[fd].http) ||
			(fate == AET_FATE_MOVE && aet_conn_is_bound(fd, &aet_conns[fd], sock)))
			continue;
		aet_blocked_thread_kick(aet_conns[fd].reader);
		any = true;
	}
	return any;
}

/* Looks for one that goes ahead, among so many at most; false: others wait for it. */
static bool send_ahead(struct aet_socket *sock)
{
	int left = PER_CALL;
	bool none = true;

	for (int fd = 0; fd <= aet_conn_high && left > 0; fd++) {
		struct batch batch = {.sock = sock, .count = 1, .fds = {fd}};
		struct aet_conn *conn = &aet_conns[fd];

		if (!is_candidate(fd, sock) || aet_conn_may_be_in_hand(fd, conn) ||
			!lock_movable(fd, conn, sock, AET_FATE_MOVE, false))
			continue;
		left--;
		none = false;
		if (leave(conn, &batch, AET_FATE_MOVE) == AET_LEAVING_DONE)
			return false;
	}
	return none && sock->parked == 0;
}

/* Moves idle connections of one listener, at most PER_CALL of them. */
static void follow_one(struct aet_socket *sock, enum aet_fate fate, bool *ret_kick)
{
	struct batch batch = {.sock = sock};
	int left = aet_park_is_whole() ? aet_conn_high + 1 : PER_CALL;

	for (int fd = 0; fd <= aet_conn_high && left > 0; fd++) {
		struct aet_conn *conn = &aet_conns[fd];

		if (!is_candidate(fd, sock) || aet_conn_may_be_in_hand(fd, conn) ||
			!lock_movable(fd, conn, sock, fate, false))
			continue;
		left--;
		if (!aet_conn_is_proven(fd, conn, sock)) {
			atomic_store(&conn->http.lost, true);
			atomic_store(&conn->state, AET_CONN_OPEN);
			continue;
		}
		*ret_kick = *ret_kick || conn->epfd < 0; /* it may be waited for in poll */
		batch.fds[batch.count++] = fd;
		if (batch.count == AET_QUEUE_BATCH && !dispatch(&batch, fate))
			return; /* no room: the launcher makes us look again */
	}
	(void)dispatch(&batch, fate);
}

/* The new generation has no room for them: they are counted, and drain. */
static void tell_stayed(const struct aet_socket *sock)
{
	struct aet_stayed note = {.listener = sock->listener};

	if (atomic_load(&aet_lib.page->connections) != AET_PAGE_MIGRATE ||
		!(atomic_load(&aet_lib.page->roomless) >> sock->listener & 1))
		return;
	for (int fd = 0; fd <= aet_conn_high; fd++)
		if (is_candidate(fd, sock) && !aet_conns[fd].stayed) {
			aet_conns[fd].stayed = true;
			note.count++;
		}
	if (note.count > 0)
		aet_client_note(&note, AET_MSG_STAYED, sizeof(note));
}

/* False: some are here that could go. */
static bool migrate_from(struct aet_socket *sock, bool *ret_kick)
{
	enum aet_fate fate = aet_fate_of(sock);
	bool done = true;

	if (fate == AET_FATE_MOVE && aet_trial_holds_back()) {
		done = send_ahead(sock);
	} else {
		aet_queue_return(sock);
		if (fate == AET_FATE_STAY) {
			tell_stayed(sock);
			return true;
		}
		follow_one(sock, fate, ret_kick);
	}
	return !kick_readers(sock, fate) && done;
}

bool aet_conns_migrate_out(bool *ret_kick)
{
	bool done = true;

	if (!aet_conns || aet_role() != AET_ROLE_DRAIN)
		return true;
	for (int i = 0; i < AET_SOCKETS_MAX; i++) {
		struct aet_socket *sock = &aet_sockets[i];

		if (sock->state != AET_SOCKET_FREE && !sock->datagram &&
			!migrate_from(sock, ret_kick))
			done = false;
	}
	return done;
}
