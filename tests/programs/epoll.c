/*
 * An HTTP server with one thread, one epoll instance and non-blocking sockets: the ordinary event
 * loop in C, on which instructions and system calls are counted.
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

int main(int argc, char **argv)
{
	int listener = program_listen(program_start(argc, argv), 511, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	raise_limit();
	watch(epoll, listener);
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
