#include "connections/migrate_out.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "address.h"
#include "connections/blocked_threads.h"
#include "connections/handoff_queue.h"
#include "connections/tombstone.h"
#include "core/client.h"
#include "core/frozen.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/park.h"
#include "core/table.h"
#include "msgio.h"
#include "sys.h"

/* The program's thread waits meanwhile, unless all stand still. What is not moved here moves at its next
 * request. */
#define PER_CALL 128

/* What becomes of an idle connection, by the page. */
enum fate { FATE_STAY, FATE_MOVE, FATE_CLOSE };

static enum fate fate_in(const struct aet_socket *sock)
{
	const struct aet_page *page = aet_lib.page;

	if (aet_lib.generation <= atomic_load(&page->close_up_to))
		return FATE_CLOSE;
	switch (atomic_load(&page->connections)) {
	case AET_PAGE_CLOSE:
		return FATE_CLOSE;
	case AET_PAGE_MIGRATE:
		if (aet_lib.lifeline < 0) /* nobody would wake the other generation */
			return FATE_STAY;
		return atomic_load(&page->takers) >> sock->listener & 1 ? FATE_MOVE : FATE_STAY;
	default:
		return FATE_STAY;
	}
}

/* A process whose state is another's takes no request more. */
static enum fate fate_of(const struct aet_socket *sock)
{
	enum fate fate = fate_in(sock);

	return fate == FATE_STAY && aet_frozen_has_handed_over() ? FATE_CLOSE : fate;
}

/* True for a connection of this listener; false where fd was closed unseen and is another socket
 * now. */
static bool is_of_listener(int fd, const struct aet_socket *sock)
{
	struct sockaddr_storage name = {0};
	int length = sizeof(name);
	const struct sockaddr_in *mine = (const void *)&name;
	const struct sockaddr_un *path = (const void *)&name;
	const struct sockaddr_un *kept = (const void *)sock->address.bytes;

	if (AET_SYS3(getsockname, fd, &name, &length) < 0)
		return false;
	if (name.ss_family == AF_INET || name.ss_family == AF_INET6)
		return ntohs(mine->sin_port) == aet_address_port(&sock->address);
	if (name.ss_family != AF_UNIX || sock->address.family != AF_UNIX ||
		length < (int)offsetof(struct sockaddr_un, sun_path) + 2)
		return false;
	for (unsigned i = 0; i < (unsigned)length - offsetof(struct sockaddr_un, sun_path); i++)
		if (path->sun_path[i] != kept->sun_path[i])
			return false;
	return true;
}

/* True when every byte that left the kernel came past our hooks: no thread reads past them. */
static bool was_followed(int fd, const struct aet_conn *conn)
{
	uint64_t consumed;

	return aet_conn_consumed(fd, &consumed) && consumed == conn->base + conn->received;
}

/* When a one-shot registration has fired, a thread may be about to read: the connection moves at
 * that read. */
static bool may_be_in_hand(int fd, const struct aet_conn *conn)
{
	int unread = 0;

	if (aet_park_is_whole() || conn->epfd < 0 || !(conn->events & EPOLLONESHOT))
		return false;
	return !conn->fresh_watch || AET_SYS3(ioctl, fd, FIONREAD, &unread) < 0 || unread > 0;
}

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

/* Before the first answer a thread may sleep in a read that no hook sees (stdio). A thread that
 * waits in an epoll does not, nor one in a read of ours. A Unix socket has no counters to prove
 * that: it has to show a whole exchange first. */
static bool may_be_read_unseen(const struct aet_conn *conn, bool in_read)
{
	if (atomic_load(&conn->http.answered) > 0)
		return false;
	if (aet_park_is_whole()) /* whoever was about to read it, for the first time, does not */
		return conn->is_unix;
	return conn->is_unix || (conn->epfd < 0 && !in_read);
}

static bool is_proven(int fd, const struct aet_conn *conn, const struct aet_socket *sock)
{
	if (!is_of_listener(fd, sock))
		return false;
	return conn->is_unix || was_followed(fd, conn);
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
static bool dispatch(struct batch *batch, enum fate fate)
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
	if (fate == FATE_MOVE && aet_queue_give(batch->sock, batch->fds, batch->count) < 0) {
		put_back(batch, true);
		return false;
	}
	if (fate == FATE_CLOSE)
		aet_queue_tell(batch->sock, batch->fds, batch->count, true);
	for (int i = 0; i < batch->count; i++)
		end_here(batch->fds[i], &aet_conns[batch->fds[i]]);
	batch->count = 0;
	return true;
}

bool aet_conn_may_leave(const struct aet_conn *conn)
{
	const struct aet_socket *sock = &aet_sockets[conn->socket];

	return sock->state != AET_SOCKET_FREE && fate_of(sock) != FATE_STAY && !conn->shared &&
		!atomic_load(&conn->http.lost) && aet_http_is_idle(&conn->http);
}

bool aet_conn_migrate_out(int fd, struct aet_conn *conn)
{
	struct batch batch = {.sock = &aet_sockets[conn->socket], .count = 1, .fds = {fd}};
	uint64_t mask;
	bool gone = false;
	enum fate fate;

	aet_lock(&mask);
	fate = batch.sock->state == AET_SOCKET_FREE ? FATE_STAY : fate_of(batch.sock);
	if (fate != FATE_STAY && !may_be_read_unseen(conn, true) && lock_idle(conn)) {
		if (is_proven(fd, conn, batch.sock))
			gone = dispatch(&batch, fate);
		else
			atomic_store(&conn->http.lost, true);
		if (!gone)
			atomic_store(&conn->state, AET_CONN_OPEN);
	}
	aet_unlock(&mask);
	return gone;
}

static bool is_candidate(int fd, const struct aet_socket *sock)
{
	return aet_mark(fd) == AET_MARK_CONNECTION && &aet_sockets[aet_conns[fd].socket] == sock;
}

/* A thread that sleeps in a read would take the next request itself: it has to come out. */
static bool kick_readers(const struct aet_socket *sock)
{
	bool any = false;

	for (int fd = 0; fd <= aet_conn_high; fd++) {
		if (!is_candidate(fd, sock) || atomic_load(&aet_conns[fd].users) == 0 ||
			!aet_http_is_idle(&aet_conns[fd].http))
			continue;
		aet_blocked_thread_kick(aet_conns[fd].reader);
		any = true;
	}
	return any;
}

/* Moves idle connections of one listener, at most PER_CALL of them. */
static void follow_one(struct aet_socket *sock, enum fate fate, bool *ret_kick)
{
	struct batch batch = {.sock = sock};
	int left = aet_park_is_whole() ? aet_conn_high + 1 : PER_CALL;

	for (int fd = 0; fd <= aet_conn_high && left > 0; fd++) {
		struct aet_conn *conn = &aet_conns[fd];

		if (!is_candidate(fd, sock) || may_be_in_hand(fd, conn) ||
			may_be_read_unseen(conn, false) || !lock_idle(conn))
			continue;
		left--;
		if (!is_proven(fd, conn, sock)) {
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

bool aet_conns_migrate_out(bool *ret_kick)
{
	bool done = true;

	if (!aet_conns || aet_role() != AET_ROLE_DRAIN)
		return true;
	for (int i = 0; i < AET_SOCKETS_MAX; i++) {
		struct aet_socket *sock = &aet_sockets[i];
		enum fate fate;

		if (sock->state == AET_SOCKET_FREE || sock->datagram)
			continue;
		aet_queue_return(sock);
		fate = fate_of(sock);
		if (fate == FATE_STAY) {
			tell_stayed(sock);
			continue;
		}
		follow_one(sock, fate, ret_kick);
		if (kick_readers(sock))
			done = false;
	}
	return done;
}
