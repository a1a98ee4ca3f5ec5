#include "listen/placeholder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "address.h"
#include "fd.h"

#define DOOR_BACKLOG     128
#define SO_ATTACH_FILTER 26 /* asm-generic/socket.h: what musl lacks or has elsewhere */
#define SO_DETACH_FILTER 27
#define BPF_RETURN       6 /* BPF_RET | BPF_K, linux/filter.h */

struct filter_step {
	uint16_t code;
	uint8_t if_true;
	uint8_t if_false;
	uint32_t value;
};

struct filter {
	uint16_t count;
	const struct filter_step *steps;
};

static uint64_t cookie_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t length = sizeof(cookie);

	(void)getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length);
	return cookie;
}

/* A listening Unix socket of the same type, bound to a name that only the kernel knows: no client
 * can reach it, and epoll, accept, close and shutdown behave as on the listener. */
static int make_unix(int type, struct aet_door *ret_door)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	socklen_t length = sizeof(name);
	AET_CLOSE int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&name, sizeof(name.sun_family)) < 0) /* autobind, unix(7) */
		return -errno;
	if (type == SOCK_DGRAM)
		return aet_fd_take(&fd);
	if (listen(fd, DOOR_BACKLOG) < 0)
		return -errno;
	if (getsockname(fd, (struct sockaddr *)&name, &length) == 0 &&
		length == offsetof(struct sockaddr_un, sun_path) + AET_DOOR_NAME) {
		memcpy(ret_door->name, name.sun_path, AET_DOOR_NAME);
		ret_door->has_name = ret_door->is_open = true;
	}
	return aet_fd_take(&fd);
}

/* Drops whatever comes to the socket: a stranger who tries every port finds nobody. */
static int shut_door(int fd)
{
	static const struct filter_step drop = {.code = BPF_RETURN};
	const struct filter filter = {.count = 1, .steps = &drop};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
}

/* An address of the loopback that nobody else has, and the listener's own port: no port that a program
 * may want is taken for it. */
static uint32_t draw_address(void)
{
	uint32_t drawn = 0;

	(void)getrandom(&drawn, sizeof(drawn), 0);
	return htonl(127u << 24 | 64u << 16 | (drawn & 0x3fff00u) | (drawn % 254 + 1));
}

static socklen_t name_door(
	int family, const struct aet_door *door, struct sockaddr_storage *ret_name)
{
	struct sockaddr_in *in = (void *)ret_name;
	struct sockaddr_in6 *in6 = (void *)ret_name;

	*ret_name = (struct sockaddr_storage){.ss_family = (sa_family_t)family};
	in->sin_port = htons(door->port);
	if (family == AF_INET) {
		in->sin_addr.s_addr = door->ip;
		return sizeof(*in);
	}
	(void)inet_pton(AF_INET6, "::ffff:127.0.0.1", &in6->sin6_addr);
	memcpy(&in6->sin6_addr.s6_addr[12], &door->ip, sizeof(door->ip));
	return sizeof(*in6);
}

/* At the port of a listener on every address there is no room. */
static int bind_door(int fd, const struct aet_address *address, struct aet_door *door)
{
	struct sockaddr_storage name;
	socklen_t length;

	door->port = (uint16_t)aet_address_port(address);
	length = name_door(address->family, door, &name);
	if (bind(fd, (struct sockaddr *)&name, length) < 0) {
		door->port = 0;
		length = name_door(address->family, door, &name);
		if (bind(fd, (struct sockaddr *)&name, length) < 0)
			return -errno;
	}
	if (listen(fd, DOOR_BACKLOG) < 0 || getsockname(fd, (struct sockaddr *)&name, &length) < 0)
		return -errno;
	door->port = ntohs(((struct sockaddr_in *)(void *)&name)->sin_port);
	return 0;
}

/* The same for TCP. IPv6 ones take both families. */
static int make_tcp(const struct aet_address *address, struct aet_door *ret_door)
{
	struct aet_door door = {.ip = draw_address()};
	AET_CLOSE int fd = socket(address->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int off = 0;
	int result;

	if (fd < 0)
		return -errno;
	if (address->family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (shut_door(fd) < 0)
		return -errno;
	result = bind_door(fd, address, &door);
	if (result < 0)
		return result;
	*ret_door = door;
	return aet_fd_take(&fd);
}

static int make_placeholder(const struct aet_address *address, struct aet_door *ret_door)
{
	int fd = -EAFNOSUPPORT;

	if (address->family != AF_UNIX && address->type == SOCK_STREAM)
		fd = make_tcp(address, ret_door);
	return fd >= 0 ? fd : make_unix(address->type, ret_door);
}

static struct aet_placeholder *find(const struct aet_listener *listener, uint32_t generation)
{
	for (int i = 0; i < AET_PLACEHOLDERS_MAX; i++)
		if (listener->placeholders[i].generation == generation)
			return (struct aet_placeholder *)&listener->placeholders[i];
	return NULL;
}

int aet_listener_placeholder(struct aet_listener *listener, uint32_t generation)
{
	struct aet_placeholder *placeholder = find(listener, generation);
	struct aet_door door = {0};
	int fd;

	if (placeholder)
		return placeholder->fd;
	placeholder = find(listener, 0);
	if (!placeholder)
		return -ENOSPC;
	fd = make_placeholder(&listener->address, &door);
	if (fd < 0)
		return fd;
	*placeholder = (struct aet_placeholder){
		.generation = generation, .fd = fd, .cookie = cookie_of(fd), .door = door};
	return fd;
}

void aet_listener_bind(struct aet_listener *listener, uint32_t generation)
{
	struct aet_placeholder *placeholder = find(listener, generation);

	if (placeholder)
		placeholder->is_bound = true;
}

void aet_listener_unbind(struct aet_listener *listener, uint32_t generation)
{
	struct aet_placeholder *placeholder = find(listener, generation);

	if (placeholder)
		placeholder->is_bound = false;
}

static uint32_t inode_of(int fd)
{
	struct stat status = {0};

	(void)fstat(fd, &status);
	return (uint32_t)status.st_ino;
}

bool aet_listener_is_bound(
	const struct aet_listener *listener, uint32_t generation, uint32_t ret_inodes[2])
{
	const struct aet_placeholder *placeholder = find(listener, generation);

	if (!placeholder || !placeholder->is_bound)
		return false;
	ret_inodes[0] = inode_of(listener->fd);
	ret_inodes[1] = inode_of(placeholder->fd);
	return true;
}

int aet_listener_open_door(struct aet_listener *listener, uint32_t generation)
{
	struct aet_placeholder *placeholder = find(listener, generation);
	int none = 0;

	if (!placeholder)
		return -ENOENT;
	if (!placeholder->door.is_open &&
		setsockopt(placeholder->fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof(none)) < 0)
		return -errno;
	placeholder->door.is_open = true;
	return 0;
}

bool aet_listener_is_knocked_at(const struct aet_listener *listener, uint32_t generation)
{
	const struct aet_placeholder *placeholder = find(listener, generation);
	struct pollfd queue = {.fd = placeholder ? placeholder->fd : -1, .events = POLLIN};

	return placeholder && listener->address.type != SOCK_DGRAM && poll(&queue, 1, 0) > 0;
}

void aet_listener_forget_generation(uint32_t generation)
{
	AET_FOREACH_LISTENER(l) {
		struct aet_placeholder *placeholder = find(l, generation);

		if (!placeholder)
			continue;
		aet_fd_close(&placeholder->fd);
		*placeholder = (struct aet_placeholder){0};
	}
}
