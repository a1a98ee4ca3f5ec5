/*
 * Hooks of the calls that move the bytes of a connection. On any other descriptor they cost a
 * handful of instructions; on a connection of ours they enter it, read or write, and follow its
 * framing.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "connections/enter.h"
#include "core/export.h"
#include "core/lib.h"
#include "core/real.h"
#include "core/table.h"
#include "hooks/real_io.h"

/* These do not take the stream's next bytes: they are not counted. */
#define NOT_STREAM (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE)

static inline bool is_connection(int fd)
{
	return AET_UNLIKELY(aet_mark(fd) == AET_MARK_CONNECTION);
}

static void leave_read(
	int fd, struct aet_conn *conn, const struct iovec *pieces, int flags, ssize_t got)
{
	/* tcp(7): the kernel discarded the bytes, and the framing has not seen them. */
	if (AET_UNLIKELY(flags & MSG_TRUNC) && got > 0)
		aet_conn_lose(fd);
	aet_conn_leave_read(conn, pieces, flags & NOT_STREAM ? 0 : got);
}

/* Does the call, and repeats it when our signal ended it: the connection may have moved meanwhile,
 * and the kernel then returns its end of file. */
#define READ(fd, pieces, flags, call)                                                              \
	({                                                                                         \
		int saved = aet_errno;                                                             \
		ssize_t got;                                                                       \
                                                                                                   \
		do {                                                                               \
			struct aet_conn *conn = aet_conn_enter_read(fd);                           \
                                                                                                   \
			if (AET_UNLIKELY(conn == AET_CONN_HELD)) {                                 \
				aet_errno = EAGAIN;                                                \
				got = -1;                                                          \
				break;                                                             \
			}                                                                          \
			aet_waiting = conn != NULL;                                                \
			got = (call);                                                              \
			aet_waiting = 0;                                                           \
			if (conn)                                                                  \
				leave_read(fd, conn, pieces, flags, got);                          \
		} while (got < 0 && aet_goes_on(saved));                                           \
		got;                                                                               \
	})

#define WRITE(fd, pieces, call)                                                                    \
	({                                                                                         \
		struct aet_conn *conn = aet_conn_enter_write(fd);                                  \
		ssize_t put = (call);                                                              \
                                                                                                   \
		if (conn)                                                                          \
			aet_conn_leave_write(conn, (pieces), put);                                 \
		put;                                                                               \
	})

#define ONE(buffer, size) (&(struct iovec){(void *)(uintptr_t)(buffer), (size)})

EXPORT ssize_t read(int fd, void *buffer, size_t size)
{
	if (!is_connection(fd))
		return aet_real_io.read(fd, buffer, size);
	return READ(fd, ONE(buffer, size), 0, aet_real_io.read(fd, buffer, size));
}

EXPORT ssize_t readv(int fd, const struct iovec *pieces, int count)
{
	if (!is_connection(fd))
		return aet_real_io.readv(fd, pieces, count);
	return READ(fd, pieces, 0, aet_real_io.readv(fd, pieces, count));
}

EXPORT ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
	if (!is_connection(fd))
		return aet_real_io.recv(fd, buffer, size, flags);
	return READ(fd, ONE(buffer, size), flags, aet_real_io.recv(fd, buffer, size, flags));
}

EXPORT ssize_t recvfrom(
	int fd, void *buffer, size_t size, int flags, struct sockaddr *addr, socklen_t *len)
{
	if (!is_connection(fd))
		return aet_real_io.recvfrom(fd, buffer, size, flags, addr, len);
	return READ(fd, ONE(buffer, size), flags,
		aet_real_io.recvfrom(fd, buffer, size, flags, addr, len));
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	if (!is_connection(fd) || !message)
		return aet_real_io.recvmsg(fd, message, flags);
	return READ(fd, message->msg_iov, flags, aet_real_io.recvmsg(fd, message, flags));
}

ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room);
ssize_t __recv_chk(int fd, void *buffer, size_t size, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *buffer, size_t size, size_t room, int flags,
	struct sockaddr *addr, socklen_t *len);

EXPORT ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room)
{
	if (!is_connection(fd))
		return aet_real_io.__read_chk(fd, buffer, size, room);
	return READ(fd, ONE(buffer, size), 0, aet_real_io.__read_chk(fd, buffer, size, room));
}

EXPORT ssize_t __recv_chk(int fd, void *buffer, size_t size, size_t room, int flags)
{
	if (!is_connection(fd))
		return aet_real_io.__recv_chk(fd, buffer, size, room, flags);
	return READ(fd, ONE(buffer, size), flags,
		aet_real_io.__recv_chk(fd, buffer, size, room, flags));
}

EXPORT ssize_t __recvfrom_chk(int fd, void *buffer, size_t size, size_t room, int flags,
	struct sockaddr *addr, socklen_t *len)
{
	if (!is_connection(fd))
		return aet_real_io.__recvfrom_chk(fd, buffer, size, room, flags, addr, len);
	return READ(fd, ONE(buffer, size), flags,
		aet_real_io.__recvfrom_chk(fd, buffer, size, room, flags, addr, len));
}

EXPORT ssize_t write(int fd, const void *buffer, size_t size)
{
	if (!is_connection(fd))
		return aet_real_io.write(fd, buffer, size);
	return WRITE(fd, ONE(buffer, size), aet_real_io.write(fd, buffer, size));
}

EXPORT ssize_t writev(int fd, const struct iovec *pieces, int count)
{
	if (!is_connection(fd))
		return aet_real_io.writev(fd, pieces, count);
	return WRITE(fd, pieces, aet_real_io.writev(fd, pieces, count));
}

EXPORT ssize_t send(int fd, const void *buffer, size_t size, int flags)
{
	if (!is_connection(fd))
		return aet_real_io.send(fd, buffer, size, flags);
	return WRITE(fd, ONE(buffer, size), aet_real_io.send(fd, buffer, size, flags));
}

EXPORT ssize_t sendto(int fd, const void *buffer, size_t size, int flags,
	const struct sockaddr *addr, socklen_t len)
{
	if (!is_connection(fd))
		return aet_real_io.sendto(fd, buffer, size, flags, addr, len);
	return WRITE(fd, ONE(buffer, size), aet_real_io.sendto(fd, buffer, size, flags, addr, len));
}

/* A connection that is passed to another process has two owners from then on. */
static void lose_passed(const struct msghdr *message)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part;
		part = CMSG_NXTHDR((struct msghdr *)(uintptr_t)message, part)) {
		const int *fds = (const int *)(const void *)CMSG_DATA(part);
		size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++)
			if (is_connection(fds[i]))
				aet_conn_lose(fds[i]);
	}
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	if (AET_UNLIKELY(message && message->msg_control && message->msg_controllen > 0))
		lose_passed(message);
	if (!is_connection(fd) || !message)
		return aet_real_io.sendmsg(fd, message, flags);
	return WRITE(fd, message->msg_iov, aet_real_io.sendmsg(fd, message, flags));
}

ssize_t sendfile(int out, int in, off_t *offset, size_t count);
ssize_t sendfile64(int out, int in, off64_t *offset, size_t count);

/* The kernel copies these bytes: they are counted unseen, and have to lie inside a body. */
EXPORT ssize_t sendfile(int out, int in, off_t *offset, size_t count)
{
	struct aet_conn *conn = is_connection(out) ? aet_conn_enter_write(out) : NULL;
	ssize_t put = aet_real_io.sendfile(out, in, offset, count);

	if (conn)
		aet_conn_leave_unseen(conn, put);
	return put;
}

EXPORT ssize_t sendfile64(int out, int in, off64_t *offset, size_t count)
{
	struct aet_conn *conn = is_connection(out) ? aet_conn_enter_write(out) : NULL;
	ssize_t put = aet_real_io.sendfile64(out, in, offset, count);

	if (conn)
		aet_conn_leave_unseen(conn, put);
	return put;
}
