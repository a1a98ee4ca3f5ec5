#include "core/table.h"

#include <errno.h>
#include <fcntl.h>

#include "sys.h"

int8_t aet_marks[AET_FDS_MAX];
int aet_attention;
struct aet_socket aet_sockets[AET_SOCKETS_MAX];
struct aet_watch aet_watches[AET_WATCHES_MAX];
int aet_hidden;
int aet_parked_total;
int aet_queues_awaited;
int aet_fd_floor = 256;

void aet_mark_set(int fd, int8_t mark)
{
	if ((unsigned)fd >= AET_FDS_MAX)
		return;
	AET_WRITE(aet_attention,
		aet_attention + aet_mark_needs(mark) - aet_mark_needs(aet_marks[fd]));
	AET_WRITE(aet_marks[fd], mark);
}

static uint8_t any_ports[AET_FDS_MAX / 8];

bool aet_any_port(int fd)
{
	return (unsigned)fd < AET_FDS_MAX && (AET_READ(any_ports[fd / 8]) >> fd % 8 & 1);
}

void aet_any_port_set(int fd, bool any_port)
{
	if ((unsigned)fd >= AET_FDS_MAX || aet_any_port(fd) == any_port)
		return;
	/* Without the lock: another thread may change a neighbour in the same byte. */
	(void)__atomic_fetch_xor(&any_ports[fd / 8], (uint8_t)(1 << fd % 8), __ATOMIC_RELAXED);
}

struct aet_socket *aet_socket_of(int fd)
{
	int mark = aet_mark(fd);

	if (mark < 0)
		mark = -mark;
	return mark >= 1 && mark <= AET_SOCKETS_MAX ? &aet_sockets[mark - 1] : NULL;
}

struct aet_socket *aet_socket_new(void)
{
	for (int i = 0; i < AET_SOCKETS_MAX; i++) {
		struct aet_socket *sock = &aet_sockets[i];

		if (sock->state != AET_SOCKET_FREE)
			continue;
		*sock = (struct aet_socket){.listen_fd = -1,
			.placeholder_fd = -1,
			.orig_fd = -1,
			.backlog = -1,
			.queue_give = -1,
			.queue_take = -1,
			.parking_epoll = -1};
		return sock;
	}
	return NULL;
}

static int8_t mark_of(const struct aet_socket *sock)
{
	int mark = (int)(sock - aet_sockets) + 1;

	return (int8_t)(sock->wanted ? -mark : mark);
}

bool aet_socket_add_fd(struct aet_socket *sock, int fd)
{
	if ((unsigned)fd >= AET_FDS_MAX || sock->fd_count == AET_SOCKET_FDS_MAX)
		return false;
	sock->fds[sock->fd_count++] = fd;
	aet_mark_set(fd, mark_of(sock));
	return true;
}

void aet_socket_drop_fd(struct aet_socket *sock, int fd)
{
	for (int i = 0; i < sock->fd_count; i++)
		if (sock->fds[i] == fd)
			sock->fds[i--] = sock->fds[--sock->fd_count];
	aet_mark_set(fd, AET_MARK_NONE);
	for (int i = 0; i < AET_WATCHES_MAX; i++)
		if (aet_watches[i].place != AET_PLACE_FREE && aet_watches[i].fd == fd)
			aet_watches[i].place = AET_PLACE_FREE;
}

void aet_socket_mark(struct aet_socket *sock, bool reported)
{
	sock->wanted = reported;
	for (int i = 0; i < sock->fd_count; i++)
		aet_mark_set(sock->fds[i], mark_of(sock));
}

void aet_socket_free(struct aet_socket *sock)
{
	while (sock->fd_count > 0)
		aet_socket_drop_fd(sock, sock->fds[0]);
	if (sock->held && sock->datagram)
		AET_WRITE(aet_hidden, aet_hidden - 1);
	if (sock->awaited)
		AET_WRITE(aet_queues_awaited, aet_queues_awaited - 1);
	aet_fd_unhide_close(&sock->listen_fd);
	aet_fd_unhide_close(&sock->placeholder_fd);
	aet_fd_unhide_close(&sock->orig_fd);
	aet_fd_unhide_close(&sock->queue_give);
	aet_fd_unhide_close(&sock->queue_take);
	aet_fd_unhide_close(&sock->parking_epoll);
	sock->state = AET_SOCKET_FREE;
}

struct aet_watch *aet_watch_find(int epfd, int fd)
{
	for (int i = 0; i < AET_WATCHES_MAX; i++) {
		struct aet_watch *watch = &aet_watches[i];

		if (watch->place != AET_PLACE_FREE && watch->epfd == epfd && watch->fd == fd)
			return watch;
	}
	return NULL;
}

struct aet_watch *aet_watch_new(void)
{
	for (int i = 0; i < AET_WATCHES_MAX; i++)
		if (aet_watches[i].place == AET_PLACE_FREE)
			return &aet_watches[i];
	return NULL;
}

void aet_table_after_fork(void)
{
	for (int i = 0; i < AET_SOCKETS_MAX; i++)
		if (aet_sockets[i].state != AET_SOCKET_FREE)
			aet_socket_mark(&aet_sockets[i], false);
	for (int i = 0; i < AET_WATCHES_MAX; i++)
		aet_watches[i].foreign = true;
}

int aet_fd_dup_high(int fd)
{
	long high = AET_SYS3(fcntl, fd, F_DUPFD_CLOEXEC, aet_fd_floor);

	if (high == -EINVAL) /* the limit is below it now, fcntl(2): any descriptor will do */
		high = AET_SYS3(fcntl, fd, F_DUPFD_CLOEXEC, 3);
	return (int)high;
}

int aet_fd_hide(int fd, bool take)
{
	int high = aet_fd_dup_high(fd);

	if (high < 0) /* no room there: any descriptor is better than none */
		high = (int)AET_SYS3(fcntl, fd, F_DUPFD_CLOEXEC, 3);
	if (high < 0)
		return high;
	aet_mark_set(high, AET_MARK_INTERNAL);
	if (take)
		(void)AET_SYS1(close, fd);
	return high;
}

void aet_fd_unhide_close(int *fd)
{
	if (*fd < 0)
		return;
	aet_mark_set(*fd, AET_MARK_NONE);
	(void)AET_SYS1(close, *fd);
	AET_WRITE(*fd, -1); /* the lifeline is read without the lock */
}
