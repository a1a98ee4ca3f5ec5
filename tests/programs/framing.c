/*
 * A server that reads and writes in pieces of any size (framing_io.h) and waits as FRAMING_SHAPE
 * says: level, edge, oneshot (threads on one epoll), poll (and select), threads (blocking, one for
 * each connection), prefork. With FRAMING_UNSEEN set it reads by system call number, too.
 */
#include "framing_io.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>

#define WORKERS 3

static int highest; /* number of a connection */

static bool take(int fd)
{
	if (fd < 0)
		return false;
	if (fd >= CONNECTIONS)
		program_fail("too many connections");
	if (fd > highest)
		highest = fd;
	connections[fd].open = true;
	return true;
}

static bool is_active(const struct connection *c)
{
	return c->open && (c->said.bytes || (c->readable && c->in_length < sizeof(c->in)));
}

/* Half of those that can go on do; true: there are some. */
static bool step_all(void)
{
	bool active = false;

	for (int fd = 0; fd <= highest; fd++) {
		struct connection *c = &connections[fd];

		if (is_active(c) && draw(2) && !step(fd, c))
			forget(fd);
		active = active || is_active(c);
	}
	return active;
}

static void watch(int epoll, int op, int fd, unsigned events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	if (epoll_ctl(epoll, op, fd, &event))
		program_fail("epoll_ctl");
}

static void accept_all(int epoll, int listener, unsigned events)
{
	int fd;

	while (take(fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)))
		if (epoll >= 0)
			watch(epoll, EPOLL_CTL_ADD, fd, events);
}

static void run_epoll(int listener, unsigned edge)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	bool active = false;

	watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN);
	for (;;) {
		struct epoll_event events[64];
		int n = epoll_wait(epoll, events, 64, active ? 1 : -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == listener)
				accept_all(epoll, listener, EPOLLIN | edge);
			else
				connections[events[i].data.fd].readable = true;
		}
		if (n > 0 && active)
			usleep(500); /* what is readable and not read yet is told again */
		active = step_all();
		if (!edge)
			for (int fd = 0; fd <= highest; fd++)
				connections[fd].readable = false;
	}
}

static int wait_poll(int listener, int timeout)
{
	struct pollfd set[CONNECTIONS] = {{.fd = listener, .events = POLLIN}};
	nfds_t count = 1;
	int n;

	for (int fd = 0; fd <= highest; fd++)
		if (connections[fd].open)
			set[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
	n = poll(set, count, timeout);
	for (nfds_t i = 1; i < count && n > 0; i++)
		connections[set[i].fd].readable = set[i].revents != 0;
	return n > 0 && set[0].revents;
}

static int wait_select(int listener, int timeout)
{
	struct timeval time = {.tv_usec = timeout * 1000};
	fd_set set;
	int n;

	FD_ZERO(&set);
	FD_SET(listener, &set);
	for (int fd = 0; fd <= highest; fd++)
		if (connections[fd].open)
			FD_SET(fd, &set);
	n = select((highest > listener ? highest : listener) + 1, &set, NULL, NULL,
		timeout < 0 ? NULL : &time);
	for (int fd = 0; fd <= highest && n > 0; fd++)
		connections[fd].readable = connections[fd].open && FD_ISSET(fd, &set);
	return n > 0 && FD_ISSET(listener, &set);
}

static void run_poll(int listener)
{
	bool active = false;

	for (;;) {
		int timeout = active ? 1 : -1;

		if (draw(2) ? wait_poll(listener, timeout) : wait_select(listener, timeout))
			accept_all(-1, listener, 0);
		if (active)
			usleep(500);
		active = step_all();
		for (int fd = 0; fd <= highest; fd++)
			connections[fd].readable = false;
	}
}

/* Says what there is to say, with pauses. */
static bool say_all(int fd, struct connection *c)
{
	while (c->said.bytes) {
		if (draw(8) == 0)
			usleep(draw(2000));
		if (!write_some(fd, c))
			return false;
	}
	return true;
}

static void *serve_oneshot(void *epoll_at)
{
	int epoll = *(int *)epoll_at;

	for (;;) {
		struct epoll_event event;
		struct connection *c;

		if (epoll_wait(epoll, &event, 1, -1) != 1)
			continue;
		c = &connections[event.data.fd];
		if (read_some(event.data.fd, c) && say_all(event.data.fd, c))
			watch(epoll, EPOLL_CTL_MOD, event.data.fd, EPOLLIN | EPOLLONESHOT);
		else
			forget(event.data.fd);
	}
	return NULL;
}

static void start_thread(void *run(void *), void *argument)
{
	pthread_attr_t small;
	pthread_t thread;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 256 << 10);
	pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &small, run, argument))
		program_fail("pthread_create");
	pthread_attr_destroy(&small);
}

static void run_oneshot(int listener)
{
	static int epoll;

	epoll = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; i < WORKERS; i++)
		start_thread(serve_oneshot, &epoll);
	for (;;) {
		struct pollfd set = {.fd = listener, .events = POLLIN};

		if (poll(&set, 1, -1) > 0)
			accept_all(epoll, listener, EPOLLIN | EPOLLONESHOT);
	}
}

static void *serve_one(void *c)
{
	int fd = (int)((struct connection *)c - connections);

	while (read_some(fd, c) && say_all(fd, c))
		if (draw(8) == 0)
			usleep(draw(2000));
	forget(fd);
	return NULL;
}

static void run_threads(int listener)
{
	int fd;

	for (;;)
		if (take(fd = accept(listener, NULL, NULL)))
			start_thread(serve_one, &connections[fd]);
}

/* Who ends a process that still has connections ends them, too. */
/* One that moved is at its end of file here, until its number is closed. */
static bool is_ours(int fd)
{
	char byte;

	return connections[fd].open && recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
}

static void tell_end(int number)
{
	char line[80];
	int open = 0;
	int busy = 0;

	for (int fd = 0; fd <= highest; fd++) {
		const struct connection *c = &connections[fd];

		if (!is_ours(fd))
			continue;
		open++;
		busy += c->said.bytes || c->request.bytes || c->in_length;
	}
	if (open > 0 &&
		write(2, line,
			(size_t)snprintf(line, sizeof(line),
				"framing: generation %u ends with %d connections, %d of them busy\n",
				generation, open, busy)) < 0)
		_exit(1);
	_exit(128 + number);
}

int main(int argc, char **argv)
{
	const char *shape = program_argument(argc, argv, 3, "FRAMING_SHAPE", "level");
	bool blocks = !strcmp(shape, "threads");
	int listener = program_listen(
		program_start(argc, argv), 511, SOCK_CLOEXEC | (blocks ? 0 : SOCK_NONBLOCK));
	const char *number = getenv("AETERNA_GENERATION");

	generation = number ? (unsigned)atoi(number) : 0;
	reads_unseen = getenv("FRAMING_UNSEEN");
	pattern_fd = memfd_create("pattern", MFD_CLOEXEC);
	if (write(pattern_fd, framing_pattern(), FRAMING_PATTERN) != FRAMING_PATTERN)
		program_fail("memfd");
	signal(SIGTERM, tell_end);
	if (!strcmp(shape, "prefork") && fork() && fork())
		for (;;)
			pause();
	if (blocks)
		run_threads(listener);
	else if (!strcmp(shape, "oneshot"))
		run_oneshot(listener);
	else if (!strcmp(shape, "poll"))
		run_poll(listener);
	else
		run_epoll(listener, !strcmp(shape, "edge") ? EPOLLET : 0);
}
