/*
 * Hooks of the calls that make, copy and close descriptors, and of epoll_ctl.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "connections/conn.h"
#include "core/export.h"
#include "core/lib.h"
#include "core/real.h"
#include "core/table.h"
#include "hooks/fd_hooks.h"

static int finish(int result)
{
	if (result >= 0)
		return result;
	aet_errno = -result;
	return -1;
}

EXPORT int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	int saved;
	int result;

	if (AET_LIKELY(aet_mark(fd) == AET_MARK_NONE))
		return AET_REAL(epoll_ctl)(epfd, op, fd, event);
	if (aet_mark(fd) == AET_MARK_CONNECTION) {
		result = AET_REAL(epoll_ctl)(epfd, op, fd, event);
		if (result == 0)
			aet_conn_watched(epfd, op, fd, event);
		return result;
	}
	saved = aet_errno;
	if (!aet_fd_hooks_epoll(epfd, op, fd, event, &result))
		return AET_REAL(epoll_ctl)(epfd, op, fd, event);
	aet_errno = saved;
	return finish(result);
}

int close(int fd);

EXPORT int close(int fd)
{
	if (AET_LIKELY(aet_mark(fd) == AET_MARK_NONE))
		return AET_REAL(close)(fd);
	if (aet_fd_hooks_close(fd))
		return finish(-EBADF);
	return AET_REAL(close)(fd);
}

int close_range(unsigned first, unsigned last, int flags);

EXPORT int close_range(unsigned first, unsigned last, int flags)
{
	if (!aet_lib.active || first > last || !aet_is_owner())
		return AET_REAL(close_range)(first, last, flags);
	return finish(aet_fd_hooks_close_range(first, last, flags));
}

void closefrom(int first);

EXPORT void closefrom(int first)
{
	if (!aet_lib.active || !aet_is_owner())
		AET_REAL(closefrom)(first);
	else
		(void)aet_fd_hooks_close_range((unsigned)AET_MAX(first, 0), ~0u, 0);
}

int dup(int fd);

EXPORT int dup(int fd)
{
	int copy = AET_REAL(dup)(fd);

	if (AET_UNLIKELY(aet_mark(fd) != AET_MARK_NONE))
		aet_fd_hooks_copy(fd, copy);
	return copy;
}

/* Before another file takes the descriptor; to == from replaces nothing. */
static void make_room(int from, int to)
{
	if (from != to && AET_UNLIKELY(aet_mark(to) != AET_MARK_NONE))
		aet_fd_hooks_make_room(to);
}

int dup2(int from, int to);

EXPORT int dup2(int from, int to)
{
	int copy;

	make_room(from, to);
	copy = AET_REAL(dup2)(from, to);
	if (AET_UNLIKELY(aet_mark(from) != AET_MARK_NONE))
		aet_fd_hooks_copy(from, copy);
	return copy;
}

int dup3(int from, int to, int flags);

EXPORT int dup3(int from, int to, int flags)
{
	int copy;

	make_room(from, to);
	copy = AET_REAL(dup3)(from, to, flags);
	if (AET_UNLIKELY(aet_mark(from) != AET_MARK_NONE))
		aet_fd_hooks_copy(from, copy);
	return copy;
}

static inline void note_copy(int fd, int command, int copy)
{
	if (AET_UNLIKELY(aet_mark(fd) != AET_MARK_NONE) &&
		(command == F_DUPFD || command == F_DUPFD_CLOEXEC))
		aet_fd_hooks_copy(fd, copy);
}

/* fcntl is variadic: on this ABI an argument that was not passed is noise in a register, which the
 * real function ignores as well. */
EXPORT int fcntl(int fd, int command, ...)
{
	va_list args;
	void *argument;
	int result;

	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);
	result = AET_REAL(fcntl)(fd, command, argument);
	note_copy(fd, command, result);
	return result;
}

int fcntl64(int fd, int command, ...);

EXPORT int fcntl64(int fd, int command, ...)
{
	va_list args;
	void *argument;
	int result;

	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);
	result = AET_REAL(fcntl64)(fd, command, argument);
	note_copy(fd, command, result);
	return result;
}

int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);

long syscall(long number, ...);

#define LIBUV_CTL_ENTRIES    256
#define SETUP_NO_SQARRAY     (1u << 16)
#define IO_URING_PARAM_FLAGS 2 /* struct io_uring_params: sq_entries, cq_entries, flags */

/* libuv 1.45 and later batch their epoll_ctl calls through a ring of this shape (uvloop does by
 * default), past every hook. Without the ring they call epoll_ctl, as on an older kernel. Rings
 * of any other shape are left alone. */
static bool is_epoll_ctl_ring(long entries, const uint32_t *params)
{
	return entries == LIBUV_CTL_ENTRIES && params &&
		(params[IO_URING_PARAM_FLAGS] & ~SETUP_NO_SQARRAY) == 0;
}

/* Some libraries call the kernel by number: the few calls that matter here go to the hooks. */
EXPORT long syscall(long number, ...)
{
	va_list args;
	long a[6];

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (!aet_lib.active)
		return AET_REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	switch (number) {
	case SYS_accept:
		return accept4((int)a[0], (struct sockaddr *)a[1], (socklen_t *)a[2], 0);
	case SYS_accept4:
		return accept4((int)a[0], (struct sockaddr *)a[1], (socklen_t *)a[2], (int)a[3]);
	case SYS_bind:
		return bind((int)a[0], (const struct sockaddr *)a[1], (socklen_t)a[2]);
	case SYS_connect:
		return connect((int)a[0], (const struct sockaddr *)a[1], (socklen_t)a[2]);
	case SYS_listen:
		return listen((int)a[0], (int)a[1]);
	case SYS_close:
		return close((int)a[0]);
	case SYS_close_range:
		return close_range((unsigned)a[0], (unsigned)a[1], (int)a[2]);
	case SYS_io_uring_setup:
		if (is_epoll_ctl_ring(a[0], (const uint32_t *)a[1]))
			return finish(-ENOSYS);
		return AET_REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	case SYS_dup3:
		return dup3((int)a[0], (int)a[1], (int)a[2]);
	default:
		return AET_REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
}
