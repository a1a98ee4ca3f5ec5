#include "connections/handoff_wait.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "connections/handoff_queue.h"
#include "core/real.h"
#include "core/table.h"
#include "sys.h"

#define SET_MAX     64 /* on the stack; a larger set is mapped */
#define PARKING_MAX AET_SOCKETS_MAX

static int parking_epoll_of(int fd)
{
	const struct aet_socket *sock = fd >= 0 ? aet_socket_of(fd) : NULL;

	return sock && sock->parked > 0 ? sock->parking_epoll : -1;
}

static int add_parking_epolls(struct pollfd *set, nfds_t count, struct pollfd *parking_epolls)
{
	int added = 0;

	for (nfds_t i = 0; i < count && added < PARKING_MAX; i++) {
		int parking_epoll = set[i].events & POLLIN ? parking_epoll_of(set[i].fd) : -1;

		if (parking_epoll >= 0)
			parking_epolls[added++] =
				(struct pollfd){.fd = parking_epoll, .events = POLLIN};
	}
	return added;
}

static bool is_ready(const struct pollfd *parking_epolls, int added, int parking_epoll)
{
	for (int i = 0; i < added; i++)
		if (parking_epolls[i].fd == parking_epoll && parking_epolls[i].revents)
			return true;
	return false;
}

/* Reports parked-connection readiness as listener readiness; returns how many entries are ready. */
static int tell(struct pollfd *fds, nfds_t count, const struct pollfd *parking_epolls, int added)
{
	int ready = 0;

	for (nfds_t i = 0; i < count; i++) {
		int parking_epoll = fds[i].events & POLLIN ? parking_epoll_of(fds[i].fd) : -1;

		if (parking_epoll >= 0 && is_ready(parking_epolls, added, parking_epoll))
			fds[i].revents |= POLLIN;
		ready += fds[i].revents != 0;
	}
	return ready;
}

static int ppoll_with(struct pollfd *set, struct pollfd *fds, nfds_t count,
	const struct timespec *timeout, const sigset_t *mask)
{
	int added;
	int result;

	for (nfds_t i = 0; i < count; i++)
		set[i] = fds[i];
	added = add_parking_epolls(fds, count, set + count);
	result = AET_REAL(ppoll)(set, count + (nfds_t)added, timeout, mask);
	/* No more entries than descriptors may be open, poll(2). */
	if (result < 0 && aet_errno == EINVAL && added > 0)
		return AET_REAL(ppoll)(fds, count, timeout, mask);
	if (result < 0)
		return result;
	for (nfds_t i = 0; i < count; i++)
		fds[i].revents = set[i].revents;
	return tell(fds, count, set + count, added);
}

/* Room for so many entries: few of them, or mapped; NULL: there is none. */
static struct pollfd *get_room(struct pollfd *few, size_t few_count, size_t count)
{
	long many;

	if (count <= few_count)
		return few;
	many = AET_SYS(SYS_mmap, 0, count * sizeof(struct pollfd), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return many < 0 && many > -4096 ? NULL : (struct pollfd *)many;
}

static void give_back(struct pollfd *room, const struct pollfd *few, size_t count)
{
	if (room != few)
		(void)AET_SYS2(munmap, room, count * sizeof(struct pollfd));
}

/* Before the wait, by a thread that waits for the listener: it has nothing else to do. */
static void look_into_queues(const struct pollfd *fds, nfds_t count)
{
	int saved = aet_errno;

	for (nfds_t i = 0; i < count; i++)
		if (fds[i].fd >= 0 && (fds[i].events & POLLIN) && aet_socket_of(fds[i].fd))
			aet_queue_look(fds[i].fd);
	aet_errno = saved;
}

int aet_handoff_ppoll(
	struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	struct pollfd few[SET_MAX + PARKING_MAX];
	struct pollfd *set = get_room(few, SET_MAX + PARKING_MAX, count + PARKING_MAX);
	int result;

	if (AET_READ(aet_queues_awaited) > 0)
		look_into_queues(fds, count);
	if (!set)
		return AET_REAL(ppoll)(fds, count, timeout, mask);
	result = ppoll_with(set, fds, count, timeout, mask);
	give_back(set, few, count + PARKING_MAX);
	return result;
}

static short events_of(int fd, const fd_set *r, const fd_set *w, const fd_set *e)
{
	short events = 0;

	if (r && FD_ISSET(fd, r))
		events |= POLLIN;
	if (w && FD_ISSET(fd, w))
		events |= POLLOUT;
	if (e && FD_ISSET(fd, e))
		events |= POLLPRI;
	return events;
}

static int put(int fd, fd_set *set, short told, short wanted)
{
	if (!set || !FD_ISSET(fd, set))
		return 0;
	if (told & wanted)
		return 1;
	FD_CLR(fd, set);
	return 0;
}

/* What poll told of the entries, as select(2) maps it. */
static int put_all(const struct pollfd *fds, nfds_t used, fd_set *r, fd_set *w, fd_set *e)
{
	int ready = 0;

	for (nfds_t i = 0; i < used; i++)
		if (fds[i].revents & POLLNVAL) {
			aet_errno = EBADF;
			return -1;
		}
	for (nfds_t i = 0; i < used; i++) {
		ready += put(fds[i].fd, r, fds[i].revents, POLLIN | POLLHUP | POLLERR);
		ready += put(fds[i].fd, w, fds[i].revents, POLLOUT | POLLERR);
		ready += put(fds[i].fd, e, fds[i].revents, POLLPRI);
	}
	return ready;
}

/* The sets are as long as count says: a program may have larger ones than FD_SETSIZE. */
int aet_handoff_pselect(int count, fd_set *r, fd_set *w, fd_set *e, const struct timespec *timeout,
	const sigset_t *mask)
{
	struct pollfd few[SET_MAX];
	struct pollfd *fds;
	size_t size = 0;
	nfds_t used = 0;
	int result;

	for (int fd = 0; fd < count; fd++)
		size += events_of(fd, r, w, e) != 0;
	fds = get_room(few, SET_MAX, size);
	if (!fds || count < 0)
		return AET_REAL(pselect)(count, r, w, e, timeout, mask);
	for (int fd = 0; fd < count && used < size; fd++) {
		short events = events_of(fd, r, w, e);

		if (events)
			fds[used++] = (struct pollfd){.fd = fd, .events = events};
	}
	result = aet_handoff_ppoll(fds, used, timeout, mask);
	if (result >= 0)
		result = put_all(fds, used, r, w, e);
	give_back(fds, few, size);
	return result;
}
