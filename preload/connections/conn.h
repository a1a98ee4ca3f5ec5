/*
 * The connections of this process: accepted from a kept listener, followed from their first byte
 * (http.h), given away at a request boundary. There is one record a descriptor, in memory that is
 * mapped when the process joins; the descriptor's mark is AET_MARK_CONNECTION.
 *
 * A thread enters a record to read or write and locks it to move the connection: users counts those
 * inside, AET_CONN_LOCKED keeps new ones out. A thread that locks never blocks and never waits for
 * a user, so a signal handler may try at any time.
 */
#ifndef AET_CONN_H
#define AET_CONN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/uio.h>

#include "connections/http.h"
#include "sys.h"
#include "util.h"

enum aet_conn_state {
	AET_CONN_NONE,
	AET_CONN_OPEN,
	AET_CONN_LOCKED, /* a thread is moving it: a few microseconds */
	AET_CONN_MOVED, /* the descriptor holds a tombstone until the program closes it */
};

struct aet_conn {
	_Atomic uint8_t state;
	_Atomic bool busy; /* counted as a request in flight */
	bool shared; /* neither read nor written since a fork: the other process may go on with it */
	bool is_unix;
	bool stayed; /* could not move, and is counted in STAYED */
	bool fresh_watch; /* the last thing done to it was to arm its registration */
	bool shut; /* shut down, or it travels in the state: the process is frozen for good */
	bool moved; /* it came from another generation, or process */
	bool is_trial; /* it went ahead of the others (fate.h) */
	bool quieted; /* its registration has no events while the generation is gated */
	bool passed; /* bytes have, since someone looked for a stall */
	uint8_t socket; /* of the listener, in aet_sockets */
	_Atomic uint16_t users;
	int reader; /* the thread that last entered it to read */
	uint32_t kicked_ms; /* when it was last interrupted there */
	uint32_t passed_s; /* when that was, about */
	int epfd; /* the one registration it may have; -1 */
	uint32_t events;
	uint64_t data;
	uint64_t base; /* bytes that were read before the connection came to this process */
	uint64_t received; /* bytes that this process has read */
	struct aet_http http;
};

/* NULL: this process follows no connections. Hidden in its declaration as well: the hot path then
 * needs no load from the global offset table. */
extern struct aet_conn *aet_conns __attribute__((visibility("hidden")));
extern int aet_conn_high; /* no higher descriptor was ever a connection */

/* This process has joined. Under the lock; a second call does nothing. */
void aet_conns_begin(void);

/* accept() returned fd from this listener. base: as in struct aet_conn. */
void aet_conn_open(int listener_fd, int fd, uint64_t base);

/* The program is about to close or replace fd. */
void aet_conn_close(int fd);

/* The connection can no longer be followed: another descriptor or process has it, too. */
void aet_conn_lose(int fd);

/* Enters the record of fd; NULL: fd is no connection of ours any more. */
static inline struct aet_conn *aet_conn_enter(int fd)
{
	struct aet_conn *conn = &aet_conns[fd];

	for (;;) {
		uint8_t state;

		atomic_fetch_add(&conn->users, 1);
		state = atomic_load(&conn->state);
		if (AET_LIKELY(state == AET_CONN_OPEN))
			return conn;
		atomic_fetch_sub(&conn->users, 1);
		if (state != AET_CONN_LOCKED)
			return NULL;
		(void)AET_SYS0(sched_yield);
	}
}

static inline void aet_conn_leave(struct aet_conn *conn)
{
	atomic_fetch_sub(&conn->users, 1);
}

/* Leave the record after count bytes went through these pieces; count <= 0: none did. */
void aet_conn_leave_read(struct aet_conn *conn, const struct iovec *pieces, int64_t count);
void aet_conn_leave_write(struct aet_conn *conn, const struct iovec *pieces, int64_t count);
void aet_conn_leave_unseen(struct aet_conn *conn, int64_t count);

/* epoll_ctl(2) succeeded on a connection. */
void aet_conn_watched(int epfd, int op, int fd, const struct epoll_event *event);

/* After fork(2), in the parent and in the child, which has not joined yet. */
void aet_conns_forked(bool is_child);

/* The bytes of a TCP connection that the program has taken from the kernel, while no thread reads.
 * False: fd is no such connection, or it has ended. */
bool aet_conn_consumed(int fd, uint64_t *ret_bytes);

#endif
