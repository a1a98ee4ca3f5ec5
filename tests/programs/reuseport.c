/*
 * WORKERS (4) processes, each with a socket of its own on one port (SO_REUSEPORT): the kernel spreads
 * the connections. The parent only waits, replaces a worker that dies, and ends all on SIGTERM. With
 * PROBE it binds a socket first and never listens: "closed" at once, or "open" to the end. It reads
 * WORKERS from the file `workers` in DIR where that is there.
 */
#include "program_mode.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static int bind_shared(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) ||
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)))
		program_fail("SO_REUSEPORT");
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		program_fail("bind");
	return fd;
}

static int listen_shared(int port)
{
	int fd = bind_shared(port);

	if (listen(fd, 128))
		program_fail("listen");
	return fd;
}

static void probe(int port)
{
	const char *how = getenv("PROBE");
	int fd = how ? bind_shared(port) : -1;

	if (fd >= 0 && strcmp(how, "closed") == 0)
		close(fd);
}

static int count_workers(void)
{
	const char *text = getenv("WORKERS");
	char path[4096];
	char word[64];

	(void)snprintf(word, sizeof(word), "%s", text ? text : "4");
	(void)snprintf(path, sizeof(path), "%s/workers", getenv("DIR") ? getenv("DIR") : ".");
	program_read_word(word, sizeof(word), path);
	return atoi(word);
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		program_fail("epoll_ctl");
}

static void work(int port)
{
	int listener = listen_shared(port);
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	watch(epoll, listener);
	for (;;) {
		struct epoll_event events[64];
		int n = epoll_wait(epoll, events, 64, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd != listener) {
				if (!program_handle(fd))
					close(fd);
				continue;
			}
			while ((fd = accept(listener, NULL, NULL)) >= 0)
				watch(epoll, fd);
		}
	}
}

static void start_worker(int port)
{
	if (fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	work(port);
}

int main(int argc, char **argv)
{
	int count = count_workers();
	int port = program_start(argc, argv);

	probe(port);
	for (int i = 0; i < count; i++)
		start_worker(port);
	while (wait(NULL) > 0)
		start_worker(port);
	return 0;
}
