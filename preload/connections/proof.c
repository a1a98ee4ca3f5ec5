#include "connections/proof.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "address.h"
#include "connections/conn.h"
#include "connections/spoken.h"
#include "core/frozen.h"
#include "core/park.h"
#include "core/table.h"
#include "sys.h"

#define REQUEST_LINE 512 /* bytes of it that are looked at */

bool aet_conn_has_unread(int fd)
{
	int unread = 0;

	return AET_SYS3(ioctl, fd, FIONREAD, &unread) < 0 || unread > 0;
}

/* True for a connection of this listener; false where fd was closed unseen and is another socket
 * now. */
static bool is_of_listener(int fd, const struct aet_socket *sock)
{
	struct sockaddr_storage name = {0};
	int length = sizeof(name);
	const struct sockaddr_in *mine = (const void *)&name;
	const struct sockaddr_un *path = (const void *)&name;
	const struct sockaddr_un *kept = (const void *)sock->address.bytes;

	if (AET_SYS3(getsockname, fd, &name, &length) < 0)
		return false;
	if (name.ss_family == AF_INET || name.ss_family == AF_INET6)
		return ntohs(mine->sin_port) == aet_address_port(&sock->address);
	if (name.ss_family != AF_UNIX || sock->address.family != AF_UNIX ||
		length < (int)offsetof(struct sockaddr_un, sun_path) + 2)
		return false;
	for (unsigned i = 0; i < (unsigned)length - offsetof(struct sockaddr_un, sun_path); i++)
		if (path->sun_path[i] != kept->sun_path[i])
			return false;
	return true;
}

/* True when every byte that left the kernel came past our hooks: no thread reads past them. */
static bool was_followed(int fd, const struct aet_conn *conn)
{
	uint64_t consumed;

	return aet_conn_consumed(fd, &consumed) && consumed == conn->base + conn->received;
}

/* When a one-shot registration has fired, a thread may be about to read: the connection moves at
 * that read. */
bool aet_conn_may_be_in_hand(int fd, const struct aet_conn *conn)
{
	if (aet_park_is_whole() || conn->epfd < 0 || !(conn->events & EPOLLONESHOT))
		return false;
	return !conn->fresh_watch || aet_conn_has_unread(fd);
}

/* Before the first answer a thread may sleep in a read that no hook sees (stdio). A thread that
 * waits in an epoll does not, nor one in a read of ours. A Unix socket has no counters to prove
 * that: it has to show a whole exchange first. */
bool aet_conn_may_be_read_unseen(const struct aet_conn *conn, bool in_read)
{
	if (atomic_load(&conn->http.answered) > 0)
		return false;
	if (aet_park_is_whole()) /* whoever was about to read it, for the first time, does not */
		return conn->is_unix;
	return conn->is_unix || (conn->epfd < 0 && !in_read);
}

/* What the client has sent, and nobody has read, begins with a request line of HTTP. */
static bool begins_with_request(int fd)
{
	char bytes[REQUEST_LINE];
	long count = AET_SYS(
		SYS_recvfrom, fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT, NULL, NULL);

	/* The kernel has written that many bytes: the analyzer does not see it. */
	for (long end = 0; end < count; end++)
		if (bytes[end] == '\n') // NOLINT(clang-analyzer-core.UndefinedBinaryOperatorResult)
			return end >= 11 && __builtin_memcmp(bytes + end - 10, " HTTP/1.", 8) == 0;
	return false;
}

/*
 * One that has come from another generation has shown that the client speaks first. Where nothing was
 * said on it, the server may be about to greet, or to send what it has when there is something: then
 * the client would wait for ever for one that waits for the client. On a listener of HTTP such a
 * connection goes when its client speaks; if this process is frozen, at once: it will say nothing.
 */
static bool may_server_speak(int fd, const struct aet_conn *conn, const struct aet_socket *sock)
{
	if (conn->moved || atomic_load(&conn->http.asked) > 0)
		return false;
	if (!aet_spoken_is_http(sock))
		return !begins_with_request(fd);
	return !aet_frozen_is_replaced() && !aet_frozen_has_handed_over() &&
		!aet_conn_has_unread(fd);
}

bool aet_conn_is_bound(int fd, const struct aet_conn *conn, const struct aet_socket *sock)
{
	return atomic_load(&conn->http.tied) || may_server_speak(fd, conn, sock);
}

bool aet_conn_is_proven(int fd, const struct aet_conn *conn, const struct aet_socket *sock)
{
	if (!is_of_listener(fd, sock))
		return false;
	return conn->is_unix || was_followed(fd, conn);
}
