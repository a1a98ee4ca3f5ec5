/*
 * The connections of this process: accepted from a kept listener, followed from their first byte
 * (http.h), given away at a request boundary. One record a descriptor, in memory mapped when the
 * process joins; the record's number carries AET_MARK_CONNECTION.
 *
 * A record is entered by the threads that read and write it, and locked by the one that moves it:
 * users counts the former, AET_CONN_LOCKED keeps them out. Whoever locks never blocks and never
 * waits for a user, so that a signal handler may try it at any time.
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
	AET_CONN_LOCKED, /* somebody is about to move it: a few microseconds */
	AET_CONN_MOVED, /* the number holds an end of file until the program closes it */
};

struct aet_conn {
	_Atomic uint8_t state;
	_Atomic bool busy; /* counted as a request in flight */
	bool shared; /* there since a fork, and not read since: the other process may have it */
	bool is_unix;
	bool stayed; /* could not go, and was counted */
	bool fresh_watch; /* the last thing done to it was to arm its registration */
	bool quieted; /* its registration is set to no events while the generation is gated */
	uint8_t socket; /* of the listener, in aet_sockets */
	_Atomic uint16_t users;
	int reader; /* the thread that last entered it to read */
	uint32_t kicked_ms; /* when it was last interrupted there */
	int epfd; /* the one registration it may have; -1 */
	uint32_t events;
	uint64_t data;
	uint64_t base; /* what the kernel had received and the program read before it came here */
	uint64_t received; /* what the program read since */
	struct aet_http http;
};

/* NULL: connections are not followed in this process. Hidden here as well, so that reading and
 * writing find it without a look into the global offset table. */
extern struct aet_conn *aet_conns __attribute__((visibility("hidden")));
extern int aet_conn_high; /* no number above it was ever a connection's */

/* This process takes part from now on. Under the table's lock; harmless a second time. */
void aet_conns_begin(void);

/* fd was accepted from the listener of that number; base as in struct aet_conn. */
void aet_conn_open(int listener_fd, int fd, uint64_t base);

/* The number is about to be closed, replaced, or is none of ours any more. */
void aet_conn_close(int fd);

/* It can no longer be followed: another number or process has it, too. */
void aet_conn_lose(int fd);

/* Enters the record; NULL: the number is no connection of ours any more. */
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

/* Left again: so many bytes went through these pieces; count <= 0: nothing did. */
void aet_conn_leave_read(struct aet_conn *conn, const struct iovec *pieces, int64_t count);
void aet_conn_leave_write(struct aet_conn *conn, const struct iovec *pieces, int64_t count);
void aet_conn_leave_unseen(struct aet_conn *conn, int64_t count);

/* epoll_ctl(2) succeeded on a connection. */
void aet_conn_watched(int epfd, int op, int fd, const struct epoll_event *event);

/* Around fork(2): in the parent, and in the child, who has not joined yet. */
void aet_conns_forked(bool is_child);

/* Bytes of a TCP connection that were received and have left the kernel: nobody reads meanwhile.
 * False: it is none, or it has ended. */
bool aet_conn_consumed(int fd, uint64_t *ret_bytes);

#endif
