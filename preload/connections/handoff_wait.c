#include "connections/handoff_wait.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "core/real.h"
#include "core/table.h"
#include "sys.h"

#define SET_MAX     64 /* on the stack; a larger set is mapped */
#define PARKING_MAX 16

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
	if (result < 0)
		return result;
	for (nfds_t i = 0; i < count; i++)
		fds[i].revents = set[i].revents;
	return tell(fds, count, set + count, added);
}

int aet_handoff_ppoll(
	struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	struct pollfd few[SET_MAX + PARKING_MAX];
	size_t size = (count + PARKING_MAX) * sizeof(struct pollfd);
	int result;
	long many;

	if (count <= SET_MAX)
		return ppoll_with(few, fds, count, timeout, mask);
	many = AET_SYS(
		SYS_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (many < 0 && many > -4096)
		return AET_REAL(ppoll)(fds, count, timeout, mask);
	result = ppoll_with((struct pollfd *)many, fds, count, timeout, mask);
	(void)AET_SYS2(munmap, many, size);
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

int aet_handoff_pselect(int count, fd_set *r, fd_set *w, fd_set *e, const struct timespec *timeout,
	const sigset_t *mask)
{
	struct pollfd fds[FD_SETSIZE];
	nfds_t used = 0;
	int result;
	int ready = 0;

	for (int fd = 0; fd < count && fd < FD_SETSIZE; fd++) {
		short events = events_of(fd, r, w, e);

		if (events)
			fds[used++] = (struct pollfd){.fd = fd, .events = events};
	}
	result = aet_handoff_ppoll(fds, used, timeout, mask);
	if (result < 0)
		return result;
	for (nfds_t i = 0; i < used; i++)
		if (fds[i].revents & POLLNVAL) {
			aet_errno = EBADF;
			return -1;
		}
	/* As select(2) maps them to poll(2). */
	for (nfds_t i = 0; i < used; i++) {
		ready += put(fds[i].fd, r, fds[i].revents, POLLIN | POLLHUP | POLLERR);
		ready += put(fds[i].fd, w, fds[i].revents, POLLOUT | POLLERR);
		ready += put(fds[i].fd, e, fds[i].revents, POLLPRI);
	}
	return ready;
}
