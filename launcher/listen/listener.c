#include "listen/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "aeterna/wire.h"
#include "address.h"
#include "base/loop.h"
#include "fd.h"

struct aet_listener aet_listeners[AET_LISTENERS_MAX];

static uint64_t cookie_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t length = sizeof(cookie);

	(void)getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length);
	return cookie;
}

struct aet_listener *aet_listener_get(uint32_t id)
{
	return id < AET_LISTENERS_MAX && aet_listeners[id].used ? &aet_listeners[id] : NULL;
}

static void note_file(struct aet_listener *listener)
{
	const struct sockaddr_un *un = (const void *)listener->address.bytes;
	struct stat status;

	if (listener->address.family != AF_UNIX || un->sun_path[0] == '\0')
		return;
	if (lstat(un->sun_path, &status) == 0 && S_ISSOCK(status.st_mode)) {
		listener->dev = status.st_dev;
		listener->ino = status.st_ino;
	}
}

struct aet_listener *aet_listener_keep(
	int fd, const struct aet_address *address, uint32_t flags, int backlog)
{
	for (struct aet_listener *l = aet_listeners; l < aet_listeners + AET_LISTENERS_MAX; l++) {
		if (l->used)
			continue;
		*l = (struct aet_listener){.used = true,
			.fd = fd,
			.cookie = cookie_of(fd),
			.flags = flags,
			.backlog = backlog,
			.next_backlog = backlog,
			.address = *address,
			.slot = -1,
			.queue = {-1, -1}};
		note_file(l);
		return l;
	}
	return NULL;
}

static int open_socket(const struct aet_address *address)
{
	AET_CLOSE int fd = socket(address->family, address->type | SOCK_CLOEXEC, 0);
	int on = 1;

	if (fd < 0)
		return -errno;
	if (address->family != AF_UNIX && address->type == SOCK_STREAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* tcp6:// is IPv6 alone: an IPv4 address takes another line */
	if (address->family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)(const void *)address->bytes, address->length) < 0)
		return -errno;
	if (address->type != SOCK_DGRAM && listen(fd, AET_RAISED_BACKLOG) < 0)
		return -errno;
	return aet_fd_take(&fd);
}

/* Removes a socket file that a crash left behind: no process listens on it. */
static void remove_stale_file(const struct aet_address *address)
{
	const struct sockaddr_un *un = (const void *)address->bytes;
	struct stat status;
	AET_CLOSE int fd = -1;

	if (address->family != AF_UNIX || un->sun_path[0] == '\0')
		return;
	if (lstat(un->sun_path, &status) < 0 || !S_ISSOCK(status.st_mode))
		return;
	fd = socket(AF_UNIX, address->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (connect(fd, (const struct sockaddr *)un, address->length) < 0 && errno == ECONNREFUSED)
		(void)unlink(un->sun_path);
}

static struct aet_listener *find_passed(const struct aet_address *address)
{
	AET_FOREACH_LISTENER(l)
		if (l->passed && memcmp(&l->address, address, sizeof(*address)) == 0)
			return l;
	return NULL;
}

int aet_listener_open(const struct aet_address *address, struct aet_listener **ret_listener)
{
	struct aet_listener *listener = find_passed(address);
	struct aet_address real = *address;
	socklen_t length = sizeof(real.bytes);
	AET_CLOSE int fd = -1;

	if (listener) {
		*ret_listener = listener;
		return 0;
	}
	remove_stale_file(address);
	fd = open_socket(address);
	if (fd < 0)
		return fd;
	if (getsockname(fd, (struct sockaddr *)(void *)real.bytes, &length) < 0)
		return -errno;
	real.length = length;
	listener = aet_listener_keep(fd, &real,
		(address->family == AF_INET6 ? AET_SOCKET_V6ONLY : 0) |
			(address->family != AF_UNIX && aet_address_port(address) == 0
					? AET_SOCKET_ANY_PORT
					: 0),
		-1);
	if (!listener)
		return -ENOSPC;
	listener->configured = true;
	fd = -1;
	*ret_listener = listener;
	return 0;
}

void aet_listener_drop(struct aet_listener *listener)
{
	if (!listener->used)
		return;
	for (int i = 0; i < AET_PLACEHOLDERS_MAX; i++)
		if (listener->placeholders[i].generation != 0)
			aet_fd_close(&listener->placeholders[i].fd);
	aet_fd_close(&listener->fd);
	aet_fd_close(&listener->queue[0]);
	aet_fd_close(&listener->queue[1]);
	listener->used = false;
}

struct aet_listener *aet_listener_by_cookie(uint64_t cookie, bool *ret_is_placeholder)
{
	AET_FOREACH_LISTENER(l) {
		if (l->cookie == cookie) {
			*ret_is_placeholder = false;
			return l;
		}
		for (int i = 0; i < AET_PLACEHOLDERS_MAX; i++) {
			if (l->placeholders[i].generation != 0 &&
				l->placeholders[i].cookie == cookie) {
				*ret_is_placeholder = true;
				return l;
			}
		}
	}
	return NULL;
}

struct aet_listener *aet_listener_by_file(dev_t dev, ino_t ino)
{
	AET_FOREACH_LISTENER(l)
		if (l->ino != 0 && l->ino == ino && l->dev == dev)
			return l;
	return NULL;
}

void aet_listener_adopt(struct aet_listener *listener, uint32_t generation, int pid)
{
	if (listener->adopted < generation)
		listener->former = (struct aet_listener_use){
			listener->adopted, listener->adopted_pid, listener->wanted};
	if (listener->adopted <= generation) {
		listener->adopted_ms = aet_now_ms();
		listener->adopted = generation;
		listener->adopted_pid = pid;
	}
	if (listener->withdrawn == generation)
		listener->withdrawn = 0;
}

void aet_listener_want(struct aet_listener *listener, uint32_t generation, int pid)
{
	if (listener->adopted < generation)
		aet_listener_adopt(listener, generation, pid);
	if (listener->withdrawn == generation)
		listener->withdrawn = 0; /* a forked worker goes on with it */
	if (listener->adopted == generation && listener->adopted_pid == 0)
		listener->adopted_pid = pid; /* its parent has ended */
	if (listener->wanted < generation)
		listener->wanted = generation;
}

void aet_listener_leave(struct aet_listener *listener, uint32_t generation, int pid, int heir)
{
	if (listener->adopted == generation && (heir == 0 || listener->adopted_pid == pid))
		listener->adopted_pid = heir;
	if (heir == 0 && listener->wanted == generation)
		listener->wanted =
			listener->former.wanted < generation ? listener->former.wanted : 0;
}

void aet_listener_raise_backlogs(void)
{
	AET_FOREACH_LISTENER(l)
		if (l->address.type != SOCK_DGRAM)
			(void)listen(l->fd, AET_RAISED_BACKLOG);
}

void aet_listener_restore_backlogs(void)
{
	AET_FOREACH_LISTENER(l)
		if (l->address.type != SOCK_DGRAM && l->backlog >= 0)
			(void)listen(l->fd, l->backlog);
}

void aet_listener_remove_files(void)
{
	AET_FOREACH_LISTENER(l) {
		const struct sockaddr_un *un = (const void *)l->address.bytes;
		struct stat status;

		if (l->ino == 0 || l->passed || lstat(un->sun_path, &status) < 0)
			continue;
		if (status.st_dev == l->dev && status.st_ino == l->ino)
			(void)unlink(un->sun_path);
	}
}

int aet_listener_count(void)
{
	int count = 0;

	AET_FOREACH_PUBLIC(l)
		count++;
	return count;
}
