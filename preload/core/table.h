/*
 * What this process knows: its listeners, the program's descriptors for each, and the epoll
 * registrations of those. The table has a fixed size and lies in the data segment, so that fork
 * copies it like the descriptors themselves. It changes under aet_lock() alone; the one-byte marks
 * are read without.
 */
#ifndef AET_TABLE_H
#define AET_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "aeterna/address.h"
#include "aeterna/wire.h"
#include "core/options.h"
#include "util.h"

#define AET_FDS_MAX        65536 /* descriptors from here on are never ours */
#define AET_SOCKETS_MAX    100 /* listeners of one process */
#define AET_SOCKET_FDS_MAX 8 /* descriptors of one listener: dup(2), FD 3 */
#define AET_WATCHES_MAX    256 /* epoll registrations of all listeners of one process */

/*
 * One byte for each descriptor. 0: not ours. 1..100: socket number mark - 1, whose use this
 * process has not reported yet: accept() has to stop and do so. Negative: the same socket, reported:
 * accept() goes straight on.
 */
#define AET_MARK_NONE       0
#define AET_MARK_PARKED     123 /* in a parking epoll: ours until it is accepted (handoff_queue.h) */
#define AET_MARK_CONNECTION 124 /* accepted, and followed: conn.h */
#define AET_MARK_MOVED      125 /* a tombstone: the connection went elsewhere */
#define AET_MARK_UNCLAIMED  126 /* inherited or dup'ed, listening: its first use asks the launcher */
#define AET_MARK_INTERNAL   127 /* the library's own: hidden from the program */

extern int8_t aet_marks[AET_FDS_MAX];
extern int aet_attention; /* how many marks aet_mark_needs(); read without the lock, too */

static inline int8_t aet_mark(int fd)
{
	return (unsigned)fd < AET_FDS_MAX ? AET_READ(aet_marks[fd]) : (int8_t)AET_MARK_NONE;
}

/* Marks at which something is still to be reported or asked. */
static inline bool aet_mark_needs(int8_t mark)
{
	return (mark > AET_MARK_NONE && mark <= AET_SOCKETS_MAX) || mark == AET_MARK_UNCLAIMED;
}

void aet_mark_set(int fd, int8_t mark);

/* Descriptors whose bind() asked for port 0: their key is that wish, not the port they got. */
bool aet_any_port(int fd);
void aet_any_port_set(int fd, bool any_port);

enum aet_socket_state {
	AET_SOCKET_FREE,
	AET_SOCKET_BOUND, /* bind() was answered with a kept listener, listen() is still to come */
	AET_SOCKET_LIVE, /* listening (or a bound datagram socket), as the program sees it */
};

struct aet_socket {
	enum aet_socket_state state;
	uint32_t listener; /* the launcher's name for it */
	int fds[AET_SOCKET_FDS_MAX];
	int fd_count;
	int listen_fd; /* the kept listener; ours, high, CLOEXEC */
	int placeholder_fd; /* the never-ready socket; ours, high, CLOEXEC */
	int orig_fd; /* what the program made itself, until release; ours, high; or -1 */
	int backlog; /* of the program's listen(); -1: not known */
	bool held; /* its descriptors hold the placeholder; a datagram socket is hidden */
	bool datagram;
	bool blocked; /* held datagram socket: a thread waits in recv on the placeholder */
	bool kick; /* threads may sleep inside accept, poll or recv on it */
	bool wanted; /* this process reported its use */
	bool adopted; /* by the program's own bind() */
	bool watched_early; /* an epoll waits for it since before the bind() */
	bool polled; /* the program waits for it in poll or select */
	int queue_give; /* ends of the handoff queue; ours, high, CLOEXEC; -1: there is none */
	int queue_take;
	int parking_epoll; /* the parked connections of this process; ours; -1: not needed yet */
	int parked; /* how many there are */
	bool spoke_http, spoke_first; /* this process has told so (spoken.h) */
	bool awaited; /* who waits for it looks into the handoff queue before it sleeps */
	uint32_t awaited_ms; /* since when; CLOCK_MONOTONIC */
	bool took_moved; /* accept() returned a moved connection last: a new one is next */
	struct aet_address address;
	struct aet_options options; /* of the listener, when this process served it last */
};

enum aet_place { AET_PLACE_FREE, AET_PLACE_PLACEHOLDER, AET_PLACE_REAL };

struct aet_watch {
	enum aet_place place; /* whose file the kernel's registration is for */
	uint8_t socket;
	bool gone; /* the program deleted it while held: the release deletes it */
	bool again; /* the program added it while held: the placeholder has a registration, too */
	bool removed; /* the kernel has none while held: EPOLLEXCLUSIVE refuses EPOLL_CTL_MOD */
	bool foreign; /* the parent made it, and changes it itself */
	int epfd;
	int fd;
	uint32_t events;
	uint64_t data;
};

extern struct aet_socket aet_sockets[AET_SOCKETS_MAX];
extern struct aet_watch aet_watches[AET_WATCHES_MAX];
extern int aet_parked_total; /* connections in the parking epolls of all listeners; likewise */
extern int aet_queues_awaited; /* listeners that are `awaited`; likewise */
extern int aet_hidden; /* held datagram sockets that poll and select have to leave out; likewise */

/* The socket of a marked descriptor; NULL for unclaimed, internal and unknown ones. */
struct aet_socket *aet_socket_of(int fd);

/* A free socket, cleared, or NULL when the table is full. */
struct aet_socket *aet_socket_new(void);

/* Adds the descriptor to the socket and marks it; false when the socket has too many. */
bool aet_socket_add_fd(struct aet_socket *sock, int fd);
void aet_socket_drop_fd(struct aet_socket *sock, int fd);

/* Marks every descriptor of it; reported decides between the two kinds of marks. */
void aet_socket_mark(struct aet_socket *sock, bool reported);

/* Closes our descriptors and forgets the socket. The program's descriptors stay. */
void aet_socket_free(struct aet_socket *sock);

struct aet_watch *aet_watch_find(int epfd, int fd);
struct aet_watch *aet_watch_new(void);

/* After fork(2), in the child: the table is a copy, and the child has reported no use yet. */
void aet_table_after_fork(void);

/* Moves a descriptor to a high CLOEXEC number, marks it internal and closes the original when
 * take is set. Returns it, or -errno with the original untouched. */
int aet_fd_hide(int fd, bool take);
void aet_fd_unhide_close(int *fd);

/* A copy at a high descriptor, without a mark; or -errno. */
int aet_fd_dup_high(int fd);

/* Hidden descriptors start here: far above what programs use, below the limit. */
extern int aet_fd_floor;

#endif
