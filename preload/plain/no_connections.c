/*
 * Takes the place of connections/ in the library for `connections: drain`, which leaves connections
 * alone and does nothing on their paths.
 */
#include <errno.h>

#include "connections/blocked_threads.h"
#include "connections/conn.h"
#include "connections/handoff_queue.h"
#include "connections/parking.h"
#include "connections/handoff_room.h"
#include "connections/handoff_wait.h"
#include "connections/hold.h"
#include "connections/migrate_out.h"
#include "connections/shut.h"
#include "connections/stall.h"
#include "connections/tombstone.h"
#include "core/lib.h"
#include "core/real.h"
#include "core/signals.h"

struct aet_conn *aet_conns;

static struct aet_slot no_slot; /* counts nowhere, until the process has joined */

void aet_conns_begin(void)
{
	if (!aet_lib.slot)
		aet_lib.slot = &no_slot;
}

void aet_conn_close(int fd)
{
	(void)fd;
}

void aet_conn_lose(int fd)
{
	(void)fd;
}

void aet_conn_watched(int epfd, int op, int fd, const struct epoll_event *event)
{
	(void)epfd;
	(void)op;
	(void)fd;
	(void)event;
}

void aet_conns_forked(bool is_child)
{
	if (is_child)
		aet_lib.slot = &no_slot;
}

bool aet_conns_migrate_out(bool *ret_kick)
{
	(void)ret_kick;
	return true;
}

bool aet_conns_hold(enum aet_role role)
{
	(void)role;
	return true;
}

void aet_conns_begin_dump(void)
{
}

void aet_conns_travel(const int32_t *fds, uint32_t count)
{
	(void)fds;
	(void)count;
}

bool aet_conns_shut_rest(void)
{
	return true;
}

void aet_conns_look_for_stall(void)
{
}

void aet_room_expect(const struct aet_socket *sock)
{
	(void)sock;
}

void aet_tombstone_renumber(int from, int to)
{
	(void)from;
	(void)to;
}

void aet_queue_take(struct aet_socket *sock)
{
	(void)sock;
}

void aet_queue_return(struct aet_socket *sock)
{
	(void)sock;
}

int aet_handoff_ppoll(
	struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	return AET_REAL(ppoll)(fds, count, timeout, mask);
}

int aet_handoff_pselect(int count, fd_set *r, fd_set *w, fd_set *e, const struct timespec *timeout,
	const sigset_t *mask)
{
	return AET_REAL(pselect)(count, r, w, e, timeout, mask);
}

void aet_parking_after_fork(void)
{
}

void aet_parking_follow_watch(struct aet_socket *sock, int epfd, int op, struct epoll_event *event)
{
	(void)sock;
	(void)epfd;
	(void)op;
	(void)event;
}

__thread bool aet_is_blocked_thread __attribute__((tls_model("initial-exec")));
__thread int aet_thread_id __attribute__((tls_model("initial-exec")));

bool aet_conns_are_still(void)
{
	return true;
}

void aet_blocked_thread_register(void)
{
	aet_signals_unblock();
	aet_is_blocked_thread = true;
}

int aet_thread_id_ask(void)
{
	return 0;
}

void aet_blocked_threads_kick(void)
{
	aet_signals_kick();
}

void aet_blocked_thread_kick(int thread_id)
{
	(void)thread_id;
}

void aet_blocked_threads_after_fork(void)
{
}
