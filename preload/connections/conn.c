#include "connections/conn.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "connections/fate.h"
#include "connections/spoken.h"
#include "core/background.h"
#include "core/busy.h"
#include "core/lib.h"
#include "core/table.h"
#include "sys.h"

#define PROOF_TRIES 1000 /* a client may send bytes between two readings */

struct aet_conn *aet_conns;
int aet_conn_high = -1;

static struct aet_slot no_slot; /* counts nowhere, until the process has joined */

void aet_conns_begin(void)
{
	long memory;

	if (!aet_lib.slot)
		aet_lib.slot = &no_slot;
	if (aet_conns)
		return;
	memory = AET_SYS(SYS_mmap, 0, sizeof(struct aet_conn) * AET_FDS_MAX, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory < 0 && memory > -4096)
		return;
	aet_conns = (struct aet_conn *)memory;
	aet_background_begin();
}

static void note_answer(struct aet_conn *conn)
{
	atomic_fetch_add(&aet_lib.slot->answered, 1);
	aet_spoken_note_http(&aet_sockets[conn->socket]);
	if (AET_UNLIKELY(conn->is_trial)) {
		conn->is_trial = false;
		aet_trial_end();
	}
}

/* Counts the connection in or out until the count agrees with its framing. The framing is read
 * again after the exchange: whoever exchanges last has seen what all others did before. */
static void count_busy(struct aet_conn *conn)
{
	bool now = aet_http_is_busy(&conn->http);
	bool busy;

	do {
		busy = now;
		if (atomic_exchange(&conn->busy, busy) != busy) {
			if (!busy && atomic_load(&conn->http.lost))
				aet_busy_lost();
			atomic_fetch_add(&aet_lib.slot->busy, busy ? 1u : ~0u);
			if (!busy && !atomic_load(&conn->http.lost))
				note_answer(conn);
		}
		now = aet_http_is_busy(&conn->http);
	} while (now != busy);
}

static void uncount(struct aet_conn *conn)
{
	if (!atomic_exchange(&conn->busy, false))
		return;
	aet_busy_lost();
	atomic_fetch_sub(&aet_lib.slot->busy, 1);
}

void aet_conn_open(int listener_fd, int fd, uint64_t base)
{
	const struct aet_socket *sock = aet_socket_of(listener_fd);
	struct aet_conn *conn;

	if (!aet_conns || !sock || (unsigned)fd >= AET_FDS_MAX)
		return;
	aet_background_note_answer();
	conn = &aet_conns[fd];
	uncount(conn); /* the number was closed unseen, by libc itself */
	conn->shared = conn->stayed = conn->fresh_watch = conn->quieted = conn->shut = false;
	conn->moved = conn->is_trial = false;
	conn->is_unix = sock->address.family == AF_UNIX;
	conn->socket = (uint8_t)(sock - aet_sockets);
	conn->passed = true;
	conn->epfd = -1;
	conn->base = base;
	conn->received = 0;
	aet_http_init(&conn->http);
	atomic_store(&conn->users, 0);
	if (fd > aet_conn_high)
		aet_conn_high = fd;
	atomic_store(&conn->state, AET_CONN_OPEN);
	AET_WRITE(aet_marks[fd], AET_MARK_CONNECTION);
}

void aet_conn_close(int fd)
{
	struct aet_conn *conn = &aet_conns[fd];
	uint8_t open = AET_CONN_OPEN;

	/* The thread that moves it needs a few microseconds. */
	while (!atomic_compare_exchange_strong(&conn->state, &open, AET_CONN_NONE)) {
		if (open != AET_CONN_LOCKED) {
			/* Many descriptors share the tombstone: a registration would outlive this
			 * one and fire for ever (epoll(7), question 6). */
			if (open == AET_CONN_MOVED && conn->epfd >= 0)
				(void)AET_SYS4(epoll_ctl, conn->epfd, EPOLL_CTL_DEL, fd, NULL);
			atomic_store(&conn->state, AET_CONN_NONE);
			break;
		}
		open = AET_CONN_OPEN;
		(void)AET_SYS0(sched_yield);
	}
	AET_WRITE(aet_marks[fd], AET_MARK_NONE);
	uncount(conn);
}

void aet_conn_lose(int fd)
{
	struct aet_conn *conn = &aet_conns[fd];

	atomic_store(&conn->http.lost, true);
	count_busy(conn);
}

typedef void feed(struct aet_http *http, const void *bytes, size_t length);

__attribute__((always_inline)) static inline void pass(
	struct aet_conn *conn, const struct iovec *pieces, int64_t count, feed *into)
{
	for (; count > 0; pieces++) {
		size_t part = AET_MIN((size_t)count, pieces->iov_len);

		into(&conn->http, pieces->iov_base, part);
		count -= (int64_t)part;
	}
	count_busy(conn);
}

void aet_conn_leave_read(struct aet_conn *conn, const struct iovec *pieces, int64_t count)
{
	if (count > 0) {
		conn->received += (uint64_t)count;
		conn->shared = false;
		conn->fresh_watch = false;
		conn->passed = true;
		if (!atomic_load_explicit(&conn->http.lost, memory_order_relaxed))
			pass(conn, pieces, count, aet_http_request);
	}
	aet_conn_leave(conn);
}

/* A timeout that HTTP tells of (408) is no such protocol. */
static bool is_http(const struct iovec *piece)
{
	return piece->iov_len >= 5 && __builtin_memcmp(piece->iov_base, "HTTP/", 5) == 0;
}

static void answer(struct aet_conn *conn, const struct iovec *pieces, int64_t count)
{
	pass(conn, pieces, count, aet_http_answer);
	if (AET_UNLIKELY(atomic_load_explicit(&conn->http.lost, memory_order_relaxed)) &&
		conn->received == 0 && !conn->moved && !is_http(pieces))
		aet_spoken_note_first(&aet_sockets[conn->socket]);
}

void aet_conn_leave_write(struct aet_conn *conn, const struct iovec *pieces, int64_t count)
{
	if (count > 0) {
		conn->shared = false;
		conn->fresh_watch = false;
		conn->passed = true;
		if (!atomic_load_explicit(&conn->http.lost, memory_order_relaxed))
			answer(conn, pieces, count);
	}
	aet_conn_leave(conn);
}

void aet_conn_leave_unseen(struct aet_conn *conn, int64_t count)
{
	if (count > 0) {
		conn->fresh_watch = false;
		conn->passed = true;
		aet_http_answer_unseen(&conn->http, (uint64_t)count);
		count_busy(conn);
	}
	aet_conn_leave(conn);
}

/* An epoll that was closed took its registrations along, and no hook saw that. */
static bool is_watched_still(int fd, const struct aet_conn *conn)
{
	struct epoll_event same = {.events = conn->events, .data.u64 = conn->data};

	return AET_SYS4(epoll_ctl, conn->epfd, EPOLL_CTL_MOD, fd, &same) == 0;
}

void aet_conn_watched(int epfd, int op, int fd, const struct epoll_event *event)
{
	struct aet_conn *conn = aet_conn_enter(fd);

	if (!conn)
		return;
	if (op == EPOLL_CTL_DEL) {
		if (conn->epfd == epfd)
			conn->epfd = -1;
	} else if (conn->epfd >= 0 && conn->epfd != epfd && is_watched_still(fd, conn)) {
		aet_conn_lose(fd); /* two registrations: only one can follow */
	} else if (event) {
		conn->epfd = epfd;
		conn->events = event->events;
		conn->data = event->data.u64;
		conn->fresh_watch = true;
		conn->quieted = false;
	}
	aet_conn_leave(conn);
}

bool aet_conn_consumed(int fd, uint64_t *ret_bytes)
{
	for (int i = 0; i < PROOF_TRIES; i++) {
		struct tcp_info info = {0};
		int length = sizeof(info);
		int before = 0;
		int after = 0;

		if (AET_SYS3(ioctl, fd, FIONREAD, &before) < 0 ||
			AET_SYS5(getsockopt, fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0 ||
			AET_SYS3(ioctl, fd, FIONREAD, &after) < 0 ||
			info.tcpi_state != 1 /* TCP_ESTABLISHED */ ||
			length < (int)(offsetof(struct tcp_info, tcpi_bytes_received) +
					 sizeof(info.tcpi_bytes_received)))
			return false;
		if (before != after)
			continue;
		*ret_bytes = info.tcpi_bytes_received - (uint64_t)after;
		return true;
	}
	return false;
}

/* Parent and child share the connection. Neither moves it before it has read or answered on it. */
void aet_conns_forked(bool is_child)
{
	if (is_child)
		aet_lib.slot = &no_slot;
	if (!aet_conns)
		return;
	for (int fd = 0; fd <= aet_conn_high; fd++) {
		struct aet_conn *conn = &aet_conns[fd];

		if (is_child && aet_mark(fd) == AET_MARK_MOVED)
			conn->epfd = -1; /* the parent's */
		if (aet_mark(fd) != AET_MARK_CONNECTION)
			continue;
		conn->shared = true;
		if (is_child) {
			if (conn->epfd >= 0) /* the registration is in the parent's epoll */
				atomic_store(&conn->http.lost, true);
			atomic_store(&conn->busy, false);
			atomic_store(&conn->users, 0);
			atomic_store(&conn->state, AET_CONN_OPEN);
		}
	}
}
