/*
 * HTTP/1.1 with keep-alive in the ways servers wait and move bytes. WAIT: select, high (select with
 * sets of its own size, as the listener's number is above FD_SETSIZE), poll (a blocking
 * listener), level, edge, oneshot (threads share one epoll), exclusive (each thread has its own),
 * defer (TCP_DEFER_ACCEPT). CALLS: plain, recv, from, vector, message, sendfile. WORKERS: processes
 * that share the listener. A request is one segment here.
 */
#include "program_mode.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#define THREADS 4
#define FDS     1000
#define HIGH    2000

static const char *way = "level";
static const char *calls = "plain";
static volatile size_t request_size = 4095; /* unknown to the compiler: __read_chk and others */
static int listener;

static bool is(const char *word, const char *text)
{
	return strcmp(word, text) == 0;
}

static ssize_t take(int fd, char *to)
{
	char buffer[4096];
	struct iovec pieces[2] = {{to, 7}, {to + 7, request_size - 7}};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
	ssize_t n;

	if (is(calls, "vector"))
		return readv(fd, pieces, 2);
	if (is(calls, "message"))
		return recvmsg(fd, &message, 0);
	if (is(calls, "recv"))
		n = recv(fd, buffer, request_size, 0);
	else if (is(calls, "from"))
		n = recvfrom(fd, buffer, request_size, 0, NULL, NULL);
	else
		n = read(fd, buffer, request_size);
	if (n > 0)
		memcpy(to, buffer, (size_t)n);
	return n;
}

/* The body comes from a file, as a file server sends it. */
static ssize_t send_file(int fd, const char *answer, size_t head, size_t len)
{
	static int file = -1;
	off_t at = 0;

	if (file < 0) {
		file = memfd_create("body", MFD_CLOEXEC);
		if (write(file, answer + head, len - head) != (ssize_t)(len - head))
			return -1;
	}
	if (send(fd, answer, head, MSG_MORE) != (ssize_t)head)
		return -1;
	return sendfile(fd, file, &at, len - head) == (ssize_t)(len - head) ? (ssize_t)len : -1;
}

static ssize_t put(int fd, const char *answer, size_t len)
{
	size_t head = (size_t)(strstr(answer, "\r\n\r\n") + 4 - answer);
	struct iovec pieces[3] = {{(void *)answer, 5}, {(void *)(answer + 5), head - 5},
		{(void *)(answer + head), len - head}};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 3};

	if (is(calls, "vector"))
		return writev(fd, pieces, 3);
	if (is(calls, "message"))
		return sendmsg(fd, &message, MSG_NOSIGNAL);
	if (is(calls, "sendfile"))
		return send_file(fd, answer, head, len);
	if (is(calls, "recv"))
		return send(fd, answer, len, MSG_NOSIGNAL);
	if (is(calls, "from"))
		return sendto(fd, answer, len, MSG_NOSIGNAL, NULL, 0);
	return write(fd, answer, len);
}

/* All that is there, until the kernel has no more or the connection is over: false then. */
static bool handle(int fd, bool until_empty)
{
	char request[4096];
	char answer[512];

	do {
		ssize_t n = take(fd, request);
		size_t len;
		bool last;

		if (n < 0 && errno == EAGAIN)
			return true;
		if (n <= 0)
			return false;
		request[n] = '\0';
		last = strstr(request, "Connection: close");
		len = program_answer(answer, sizeof(answer), last);
		if (put(fd, answer, len) != (ssize_t)len || last)
			return false;
	} while (until_empty);
	return true;
}

static void serve_select(void)
{
	fd_set all;

	FD_ZERO(&all);
	FD_SET(listener, &all);
	for (;;) {
		fd_set ready = all;

		if (select(FD_SETSIZE, &ready, NULL, NULL, NULL) < 0)
			continue;
		for (int fd = 0; fd < FD_SETSIZE; fd++) {
			if (!FD_ISSET(fd, &ready))
				continue;
			if (fd == listener) {
				int got = accept(listener, NULL, NULL);

				if (got >= 0 && got < FD_SETSIZE)
					FD_SET(got, &all);
			} else if (!handle(fd, false)) {
				FD_CLR(fd, &all);
				close(fd);
			}
		}
	}
}

static bool has(const unsigned long *set, int fd)
{
	return set[fd / 64] >> fd % 64 & 1;
}

static void turn(unsigned long *set, int fd)
{
	set[fd / 64] ^= 1ul << fd % 64;
}

static void serve_high_select(void)
{
	unsigned long all[HIGH / 64 + 1] = {0};
	struct rlimit limit = {2 * HIGH, 2 * HIGH};
	int low = listener;

	if (setrlimit(RLIMIT_NOFILE, &limit) || dup2(low, HIGH) < 0)
		program_fail("dup2");
	close(low);
	listener = HIGH;
	turn(all, listener);
	for (;;) {
		unsigned long ready[HIGH / 64 + 1];

		memcpy(ready, all, sizeof(all));
		if (select(HIGH + 1, (fd_set *)ready, NULL, NULL, NULL) < 0)
			continue;
		for (int fd = 0; fd <= HIGH; fd++) {
			if (!has(ready, fd))
				continue;
			if (fd == listener) {
				int got = accept(listener, NULL, NULL);

				if (got >= 0 && got < HIGH)
					turn(all, got);
			} else if (!handle(fd, false)) {
				turn(all, fd);
				close(fd);
			}
		}
	}
}

static void serve_poll(void)
{
	static struct pollfd fds[FDS];
	nfds_t count = 1;

	fds[0] = (struct pollfd){.fd = listener, .events = POLLIN};
	for (;;) {
		if (poll(fds, count, 1000) < 0)
			continue;
		for (nfds_t i = count; i-- > 1;) {
			if (!fds[i].revents || handle(fds[i].fd, false))
				continue;
			close(fds[i].fd);
			fds[i] = fds[--count];
		}
		if (fds[0].revents && count < FDS) {
			int got = accept(listener, NULL, NULL);

			if (got >= 0)
				fds[count++] = (struct pollfd){.fd = got, .events = POLLIN};
		}
	}
}

static uint32_t events_of(bool of_listener)
{
	if (is(way, "edge"))
		return EPOLLIN | EPOLLET | EPOLLRDHUP;
	if (is(way, "oneshot"))
		return EPOLLIN | EPOLLONESHOT;
	return is(way, "exclusive") && of_listener ? EPOLLIN | EPOLLEXCLUSIVE : EPOLLIN;
}

static void control(int epoll, int op, int fd)
{
	struct epoll_event event = {.events = events_of(fd == listener), .data.fd = fd};

	if (epoll_ctl(epoll, op, fd, &event))
		program_fail("epoll_ctl");
}

static void *serve_epoll(void *argument)
{
	int epoll = *(int *)argument;

	for (;;) {
		struct epoll_event events[16];
		int n = epoll_wait(epoll, events, 16, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd != listener && !handle(fd, is(way, "edge"))) {
				close(fd);
				continue;
			}
			while (fd == listener) {
				int got = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

				if (got < 0)
					break;
				control(epoll, EPOLL_CTL_ADD, got);
			}
			if (is(way, "oneshot"))
				control(epoll, EPOLL_CTL_MOD, fd);
		}
	}
	return NULL;
}

static void serve_threads(int count, bool shared)
{
	static int epolls[THREADS];
	pthread_t thread;

	for (int i = 0; i < count; i++) {
		epolls[i] = shared && i > 0 ? epolls[0] : epoll_create1(EPOLL_CLOEXEC);
		if (!shared || i == 0)
			control(epolls[i], EPOLL_CTL_ADD, listener);
	}
	for (int i = 1; i < count; i++)
		if (pthread_create(&thread, NULL, serve_epoll, &epolls[i]))
			program_fail("pthread_create");
	(void)serve_epoll(&epolls[0]);
}

static void serve(void)
{
	if (is(way, "select"))
		serve_select();
	else if (is(way, "high"))
		serve_high_select();
	else if (is(way, "poll"))
		serve_poll();
	else if (is(way, "oneshot") || is(way, "exclusive"))
		serve_threads(THREADS, is(way, "oneshot"));
	else
		serve_threads(1, false);
}

int main(int argc, char **argv)
{
	int port = program_start(argc, argv);
	int seconds = 5;

	way = program_argument(0, NULL, 9, "WAIT", way);
	calls = program_argument(0, NULL, 9, "CALLS", calls);
	listener = program_listen(port, 511, is(way, "poll") ? 0 : SOCK_NONBLOCK);
	if (is(way, "defer"))
		setsockopt(listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof(seconds));
	for (int i = atoi(program_argument(0, NULL, 9, "WORKERS", "1")); i > 1; i--)
		if (fork() == 0)
			break;
	serve();
}
