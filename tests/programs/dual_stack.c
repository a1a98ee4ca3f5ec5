/*
 * One IPv6 listener that serves IPv4 as well (IPV6_V6ONLY off), blocking accept(), one connection a
 * thread. dual_stack [PORT [VERSION_FILE]]; with TWINS=1 two listeners instead, one a family, as
 * programs have that bind whatever getaddrinfo() returns.
 */
#include "program_mode.h"

#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>

static int listen_on(const struct addrinfo *info, int only6)
{
	int yes = 1;
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (info->ai_family == AF_INET6 &&
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only6, sizeof(only6)))
		program_fail("IPV6_V6ONLY");
	if (bind(fd, info->ai_addr, info->ai_addrlen))
		program_fail("bind");
	if (listen(fd, 128))
		program_fail("listen");
	return fd;
}

static void *serve(void *argument)
{
	int fd = (int)(intptr_t)argument;

	while (program_handle(fd))
		;
	close(fd);
	return NULL;
}

static nfds_t open_listeners(struct pollfd *fds, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	int twins = getenv("TWINS") != NULL;
	struct addrinfo *list;
	nfds_t count = 0;

	hints.ai_family = twins ? AF_UNSPEC : AF_INET6;
	if (getaddrinfo(NULL, port, &hints, &list))
		program_fail("getaddrinfo");
	for (struct addrinfo *info = list; info && count < 2; info = info->ai_next) {
		int fd = listen_on(info, twins);

		if (fd >= 0)
			fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	freeaddrinfo(list);
	return count;
}

int main(int argc, char **argv)
{
	struct pollfd fds[2];
	char port[16];
	nfds_t count;

	(void)snprintf(port, sizeof(port), "%d", program_start(argc, argv));
	count = open_listeners(fds, port);
	for (;;) {
		if (poll(fds, count, -1) < 0)
			continue;
		for (nfds_t i = 0; i < count; i++) {
			pthread_t thread;
			int fd = fds[i].revents ? accept(fds[i].fd, NULL, NULL) : -1;

			if (fd < 0)
				continue;
			if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd))
				close(fd);
			else
				pthread_detach(thread);
		}
	}
}
