#include "core/identity.h"

#include <netinet/in.h>
#include <stddef.h>
#include <sys/un.h>

#include "aeterna/wire.h"
#include "core/lib.h"
#include "sys.h"

static int int_option(int fd, int level, int name)
{
	int value = 0;
	int length = sizeof(value);

	if (AET_SYS5(getsockopt, fd, level, name, &value, &length) < 0)
		return -1;
	return value;
}

uint32_t aet_identity_flags(int fd, int family)
{
	uint32_t flags = 0;

	if (int_option(fd, SOL_SOCKET, SO_REUSEPORT) > 0)
		flags |= AET_SOCKET_REUSEPORT;
	if (family == AF_INET6 && int_option(fd, IPPROTO_IPV6, IPV6_V6ONLY) > 0)
		flags |= AET_SOCKET_V6ONLY;
	return flags;
}

/* TCP, UDP and Unix streams; MPTCP, SCTP, raw and the like are none of ours. */
static bool is_supported(int fd, int family, int type)
{
	int protocol = int_option(fd, SOL_SOCKET, SO_PROTOCOL);

	if (family == AF_UNIX)
		return type == SOCK_STREAM || type == SOCK_SEQPACKET;
	if (family != AF_INET && family != AF_INET6)
		return false;
	return (type == SOCK_STREAM && protocol == IPPROTO_TCP) ||
		(type == SOCK_DGRAM && protocol == IPPROTO_UDP);
}

/* A relative path means another file after a chdir(2): the key is the absolute one. */
static bool make_absolute(struct aet_address *address)
{
	struct sockaddr_un *un = (void *)address->bytes;
	char cwd[sizeof(un->sun_path)] = "";
	long length;
	unsigned path = address->length - (unsigned)offsetof(struct sockaddr_un, sun_path);

	if (address->family != AF_UNIX || un->sun_path[0] == '\0' || un->sun_path[0] == '/')
		return true;
	length = AET_SYS2(getcwd, cwd, sizeof(cwd)); /* counts the NUL */
	if (length < 2 || cwd[0] != '/' || (unsigned long)length + path > sizeof(un->sun_path))
		return false;
	for (unsigned i = path; i-- > 0;)
		un->sun_path[(unsigned)length + i] = un->sun_path[i];
	aet_copy(un->sun_path, cwd, (unsigned long)length);
	un->sun_path[length - 1] = '/';
	address->length += (uint32_t)length;
	return true;
}

bool aet_identity_read(
	int fd, const struct sockaddr *addr, socklen_t length, struct aet_address *ret_address)
{
	int type = int_option(fd, SOL_SOCKET, SO_TYPE);

	if (!addr || length < sizeof(addr->sa_family) || type < 0)
		return false;
	if (!is_supported(fd, addr->sa_family, type))
		return false;
	if (aet_address_from_sockaddr(addr, length, type, ret_address) < 0)
		return false;
	/* bind() with the family alone: the kernel chooses an abstract name, unix(7) */
	if (addr->sa_family == AF_UNIX && length <= offsetof(struct sockaddr_un, sun_path))
		return false;
	return make_absolute(ret_address);
}

bool aet_identity_own(int fd, struct aet_address *ret_address)
{
	struct sockaddr_storage addr;
	int length = sizeof(addr);

	if (AET_SYS3(getsockname, fd, &addr, &length) < 0 ||
		length > (int)sizeof(ret_address->bytes))
		return false;
	return aet_identity_read(fd, (struct sockaddr *)&addr, (socklen_t)length, ret_address);
}

/* getsockname(2) of a Unix socket without a name has the family alone; a connected one is a client's,
 * or one of a pair. */
static bool is_nameless_unix(int fd, const struct sockaddr *addr, int length)
{
	struct sockaddr_un peer;
	int room = sizeof(peer);

	return addr->sa_family == AF_UNIX &&
		length <= (int)offsetof(struct sockaddr_un, sun_path) &&
		is_supported(fd, AF_UNIX, int_option(fd, SOL_SOCKET, SO_TYPE)) &&
		AET_SYS3(getpeername, fd, &peer, &room) < 0;
}

bool aet_identity_is_nameless(int fd)
{
	struct sockaddr_storage addr = {0};
	struct aet_address address;
	int length = sizeof(addr);

	if (AET_SYS3(getsockname, fd, &addr, &length) < 0)
		return false;
	if (is_nameless_unix(fd, (struct sockaddr *)&addr, length))
		return true;
	return aet_identity_own(fd, &address) && address.family != AF_UNIX &&
		address.type == SOCK_STREAM && aet_address_port(&address) == 0;
}

int aet_identity_type(int fd)
{
	return int_option(fd, SOL_SOCKET, SO_TYPE);
}

uint64_t aet_identity_cookie(int fd)
{
	uint64_t cookie = 0;
	int length = sizeof(cookie);

	return AET_SYS5(getsockopt, fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) < 0 ? 0 : cookie;
}
