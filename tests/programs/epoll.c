/*
 * An HTTP server with one thread, one epoll instance and non-blocking sockets: the ordinary event
 * loop in C, on which instructions and system calls are counted. With EARLY it registers the listener
 * before it binds it.
 */
#include "program_mode.h"

#include <sys/epoll.h>
#include <sys/resource.h>

static void watch(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		program_fail("epoll_ctl");
}

static void accept_all(int epoll, int listener)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		watch(epoll, fd);
}

static void raise_limit(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int listen_early(int epoll, int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	watch(epoll, fd);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 511))
		program_fail("listen_early");
	return fd;
}

int main(int argc, char **argv)
{
	int port = program_start(argc, argv);
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	int listener;

	raise_limit();
	if (getenv("EARLY")) {
		listener = listen_early(epoll, port);
	} else {
		listener = program_listen(port, 511, SOCK_NONBLOCK | SOCK_CLOEXEC);
		watch(epoll, listener);
	}
	for (;;) {
		struct epoll_event events[64];
		int n = epoll_wait(epoll, events, 64, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == listener)
				accept_all(epoll, listener);
			else if (!program_handle(events[i].data.fd))
				close(events[i].data.fd);
		}
	}
}
