#include "core/options.h"

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#include "sys.h"
#include "util.h"

/* Identity (SO_REUSEPORT, IPV6_V6ONLY, SO_BINDTODEVICE) is not here: it is part of the key. */
static const struct {
	int level;
	int name;
	bool doubled; /* the kernel reports twice what was set, socket(7) */
	bool personal; /* programs set it on connections as well; accept(2) copies the listener's */
} table[] = {
	{SOL_SOCKET, SO_KEEPALIVE, false, true},
	{SOL_SOCKET, SO_LINGER, false, true},
	{SOL_SOCKET, SO_OOBINLINE, false, false},
	{SOL_SOCKET, SO_RCVBUF, true, false},
	{SOL_SOCKET, SO_SNDBUF, true, false},
	{SOL_SOCKET, SO_RCVLOWAT, false, true},
	{SOL_SOCKET, SO_RCVTIMEO, false, true},
	{SOL_SOCKET, SO_SNDTIMEO, false, true},
	{SOL_SOCKET, SO_PRIORITY, false, false},
	{SOL_SOCKET, SO_MARK, false, false},
	{SOL_SOCKET, SO_BROADCAST, false, false},
	{SOL_SOCKET, SO_TIMESTAMP, false, false},
	{SOL_SOCKET, SO_PASSCRED, false, false},
	{IPPROTO_TCP, TCP_NODELAY, false, true},
	{IPPROTO_TCP, TCP_CORK, false, true},
	{IPPROTO_TCP, TCP_DEFER_ACCEPT, false, false},
	{IPPROTO_TCP, TCP_KEEPIDLE, false, true},
	{IPPROTO_TCP, TCP_KEEPINTVL, false, true},
	{IPPROTO_TCP, TCP_KEEPCNT, false, true},
	{IPPROTO_TCP, TCP_LINGER2, false, false},
	{IPPROTO_TCP, TCP_SYNCNT, false, false},
	{IPPROTO_TCP, TCP_FASTOPEN, false, false},
	{IPPROTO_TCP, TCP_USER_TIMEOUT, false, true},
	{IPPROTO_TCP, TCP_NOTSENT_LOWAT, false, true},
	{IPPROTO_IP, IP_TOS, false, false},
	{IPPROTO_IP, IP_TTL, false, false},
	{IPPROTO_IP, IP_PKTINFO, false, false},
	{IPPROTO_IPV6, IPV6_TCLASS, false, false},
	{IPPROTO_IPV6, IPV6_UNICAST_HOPS, false, false},
	{IPPROTO_IPV6, IPV6_RECVPKTINFO, false, false},
};

_Static_assert(AET_ARRAY_SIZE(table) <= AET_OPTIONS_MAX, "one value for each option");

bool aet_fd_is_nonblocking(int fd)
{
	long flags = AET_SYS3(fcntl, fd, F_GETFL, 0);

	return flags >= 0 && (flags & O_NONBLOCK);
}

void aet_fd_set_nonblocking(int fd, bool nonblocking)
{
	long flags = AET_SYS3(fcntl, fd, F_GETFL, 0);
	long wanted = nonblocking ? flags | O_NONBLOCK : flags & ~(long)O_NONBLOCK;

	if (flags >= 0 && flags != wanted)
		(void)AET_SYS3(fcntl, fd, F_SETFL, wanted);
}

static void read_one(int fd, size_t i, struct aet_option *ret_option)
{
	int length = sizeof(ret_option->bytes);

	if (AET_SYS5(getsockopt, fd, table[i].level, table[i].name, ret_option->bytes, &length) < 0)
		length = 0;
	ret_option->length = (uint32_t)length;
}

void aet_options_read(int fd, struct aet_options *ret_options)
{
	for (size_t i = 0; i < AET_ARRAY_SIZE(table); i++)
		read_one(fd, i, &ret_options->values[i]);
	ret_options->nonblocking = aet_fd_is_nonblocking(fd);
	ret_options->known = true;
}

static bool is_same(const struct aet_option *a, const struct aet_option *b)
{
	if (a->length != b->length)
		return false;
	for (unsigned i = 0; i < a->length; i++)
		if (a->bytes[i] != b->bytes[i])
			return false;
	return true;
}

static void write_one(int fd, size_t i, struct aet_option want)
{
	struct aet_option now = {0};

	read_one(fd, i, &now);
	if (want.length == 0 || now.length == 0 || is_same(&now, &want))
		return;
	if (table[i].doubled)
		*(int *)(void *)want.bytes /= 2;
	(void)AET_SYS5(setsockopt, fd, table[i].level, table[i].name, want.bytes, want.length);
}

void aet_options_write(int fd, const struct aet_options *options)
{
	for (size_t i = 0; i < AET_ARRAY_SIZE(table); i++)
		write_one(fd, i, options->values[i]);
	aet_fd_set_nonblocking(fd, options->nonblocking);
}

void aet_options_inherit(int listener_fd, int fd)
{
	for (size_t i = 0; i < AET_ARRAY_SIZE(table); i++) {
		struct aet_option want = {0};

		if (!table[i].personal)
			continue;
		read_one(listener_fd >= 0 ? listener_fd : fd, i, &want);
		if (listener_fd < 0)
			want = (struct aet_option){.length = want.length};
		write_one(fd, i, want);
	}
}
