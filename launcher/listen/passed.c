#include "listen/passed.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "aeterna/wire.h"
#include "base/log.h"
#include "listen/listener.h"

#define FIRST_PASSED_FD 3 /* sd_listen_fds(3) */
#define PASSED_MAX      (AET_LISTENERS_MAX / 2) /* the program may bind some more */

static int int_option(int fd, int level, int name)
{
	int value = 0;
	socklen_t length = sizeof(value);

	return getsockopt(fd, level, name, &value, &length) < 0 ? -1 : value;
}

/* A number in a variable that nothing but digits may be in; -1: it is not there. */
static long number_of(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long number;

	if (!text || !*text)
		return -1;
	number = strtol(text, &end, 10);
	return *end || number < 0 ? -1 : number;
}

static bool read_address(int fd, struct aet_address *ret_address)
{
	struct sockaddr_storage storage;
	socklen_t length = sizeof(storage);
	int type = int_option(fd, SOL_SOCKET, SO_TYPE);

	if (getsockname(fd, (struct sockaddr *)&storage, &length) < 0)
		return false;
	if (type != SOCK_DGRAM && int_option(fd, SOL_SOCKET, SO_ACCEPTCONN) <= 0)
		return false;
	return aet_address_from_sockaddr((struct sockaddr *)&storage, length, type, ret_address) ==
		0;
}

static uint32_t flags_of(int fd, int family)
{
	uint32_t flags = int_option(fd, SOL_SOCKET, SO_REUSEPORT) > 0 ? AET_SOCKET_REUSEPORT : 0;

	if (family == AF_INET6 && int_option(fd, IPPROTO_IPV6, IPV6_V6ONLY) > 0)
		flags |= AET_SOCKET_V6ONLY;
	return flags;
}

static bool take(int fd, const char *name, size_t length)
{
	struct aet_listener *listener = NULL;
	struct aet_address address;
	char text[AET_ADDRESS_TEXT];

	if (read_address(fd, &address))
		listener = aet_listener_keep(fd, &address, flags_of(fd, address.family), -1);
	if (!listener) {
		aet_log_warning("FD %d of the service manager is no socket that can be kept: the "
				"program does not get it",
			fd);
		return false;
	}
	listener->configured = listener->passed = true;
	(void)snprintf(listener->name, sizeof(listener->name), "%.*s", (int)length, name);
	(void)aet_address_format(&address, text, sizeof(text));
	aet_log_info("%s comes from the service manager", text);
	return true;
}

int aet_passed_take(void)
{
	long count = number_of("LISTEN_FDS");
	const char *name = getenv("LISTEN_FDNAMES");
	int taken = 0;

	if (number_of("LISTEN_PID") != (long)getpid() || count <= 0)
		return 0;
	if (count > PASSED_MAX) {
		aet_log_warning("the service manager passes %ld sockets: the launcher takes %d",
			count, PASSED_MAX);
		count = PASSED_MAX;
	}
	for (int i = 0; i < (int)count; i++) {
		size_t length = name ? strcspn(name, ":") : 0;

		if (fcntl(FIRST_PASSED_FD + i, F_SETFD, FD_CLOEXEC) == 0)
			taken += take(FIRST_PASSED_FD + i, name ? name : "", length);
		if (name)
			name += length + (name[length] == ':');
	}
	return taken;
}
