/*
 * Counts its requests: every answer is "<version> <number>", and the numbers never skip, repeat or
 * go back, over all clients and all versions, because the count is handed over (aeterna.h). Link
 * with -rdynamic. SHAPE=loop: one thread and epoll; SHAPE=threads: one thread a connection;
 * SHAPE=polled: each after a poll(), its first request answered before the next one is accepted;
 * SHAPE=busy: threads, and the main thread never waits;
 * SHAPE=workers: DIR/workers processes, each with a count of its own. With load_hang, DIR/loading is
 * there once the load is reached; with load_hang_others the first process loads, and is the one in
 * DIR/loaded. RAW=1: a line in, a line out, instead of HTTP. GET /slow/MS is counted at once and
 * answered later; /detached/MS as well, and says that it touches the count no more; /detached/MS/SIZE:
 * in so many bytes. WORK=1: a thread works on two numbers, which are equal whenever it does not say
 * that it is busy (aeterna/module.h). STATE_MIB, or STATE_BYTES, more of state, checked when it comes.
 * In the mode `cramped` it has no room for more than it has already.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "program_mode.h"

static unsigned long count;
static pthread_mutex_t count_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t *ballast;
static size_t ballast_bytes;
static bool is_raw;
static bool was_loaded;
static uint64_t work[2];
static pthread_mutex_t taken_lock =
	PTHREAD_MUTEX_INITIALIZER; /* DEADLOCK=1: for ever, by a thread */

int aeterna_dump_state(int fd);
int aeterna_load_state(int fd);

static int write_all(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length > 0) {
		ssize_t put = write(fd, at, length);

		if (put < 0)
			return -errno;
		at += put;
		length -= (size_t)put;
	}
	return 0;
}

static int read_all(int fd, void *bytes, size_t length)
{
	char *at = bytes;

	while (length > 0) {
		ssize_t got = read(fd, at, length);

		if (got <= 0)
			return got < 0 ? -errno : -ENODATA;
		at += got;
		length -= (size_t)got;
	}
	return 0;
}

static void read_word_of(char *word, size_t size, const char *name)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s", getenv("DIR") ? getenv("DIR") : ".", name);
	program_read_word(word, size, path);
}

/* The first process that does has its number in DIR/name, and true. */
static bool is_first_to(const char *name)
{
	char path[4096];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", getenv("DIR") ? getenv("DIR") : ".", name);
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	dprintf(fd, "%d\n", (int)getpid());
	close(fd);
	return true;
}

int aeterna_dump_state(int fd)
{
	char fault[64] = "";
	int result;

	read_word_of(fault, sizeof(fault), "dump_fault");
	if (!strcmp(fault, "hang"))
		pause();
	if (!strcmp(fault, "crash"))
		raise(SIGSEGV);
	if (!strcmp(fault, "error"))
		return -EIO;
	if (!strcmp(fault, "no_memory"))
		return -ENOMEM;
	if (!strcmp(fault, "exit"))
		_exit(0);
	if (!strcmp(fault, "deadlock"))
		pthread_mutex_lock(&taken_lock);
	result = write_all(fd, &count, sizeof(count));
	if (result == 0)
		result = write_all(fd, work, sizeof(work));
	if (result == 0 && ballast_bytes)
		result = write_all(fd, ballast, ballast_bytes);
	return result;
}

int aeterna_load_state(int fd)
{
	uint64_t seen[2] = {0};
	bool is_hung;
	int result;

	if (!strncmp(program_fault, "load_slow", 9)) {
		(void)is_first_to("loading");
		usleep(500000);
	}
	if (!strcmp(program_fault, "load_error") || !strcmp(program_fault, "load_slow_error"))
		return -EIO;
	if (!strcmp(program_fault, "load_no_memory"))
		return -ENOMEM;
	if (!strcmp(program_fault, "load_crash"))
		raise(SIGSEGV);
	is_hung = !strcmp(program_fault, "load_hang") ||
		(!strcmp(program_fault, "load_hang_others") && !is_first_to("loaded"));
	if (is_hung)
		(void)is_first_to("loading");
	while (is_hung)
		pause();
	result = read_all(fd, &count, sizeof(count));
	if (result == 0)
		result = read_all(fd, seen, sizeof(seen)); /* this one's thread works already */
	if (seen[0] != seen[1])
		result = -EBADMSG;
	if (result == 0 && ballast_bytes)
		result = read_all(fd, ballast, ballast_bytes);
	for (size_t i = 0; result == 0 && i < ballast_bytes / sizeof(*ballast); i++)
		if (ballast[i] != i * 0x9e3779b97f4a7c15u)
			result = -EBADMSG;
	was_loaded = result == 0;
	return result;
}

static size_t answer(char *out, size_t size, bool last)
{
	unsigned long number;
	char body[96];
	int len;

	pthread_mutex_lock(&count_lock);
	number = ++count;
	pthread_mutex_unlock(&count_lock);
	len = snprintf(body, sizeof(body), "%s %lu\n", program_version, number);
	if (!strcmp(program_fault, "die_on_first_request") ||
		(was_loaded && !strcmp(program_fault, "die_after_load")))
		_exit(1);
	if (is_raw)
		return (size_t)snprintf(out, size, "%s", body);
	return (size_t)snprintf(out, size,
		"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: %s\r\n\r\n%s", len,
		last ? "close" : "keep-alive", body);
}

/* The text, made as long as was asked for. */
static bool answer_detached(int fd, const char *path, const char *text, size_t len)
{
	void (*detached)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "aeterna_detached");
	const char *asked = strpbrk(path, "/ ");
	const char *body = strstr(text, "\r\n\r\n") + 4;
	size_t have = len - (size_t)(body - text);
	size_t size = asked && *asked == '/' ? strtoul(asked + 1, NULL, 10) : have;
	char *whole = malloc(size + 512);
	int head = snprintf(whole, 512, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);
	bool sent;

	memset(whole + head, '.', size);
	memcpy(whole + head, body, have);
	if (detached)
		detached(1);
	usleep((useconds_t)(atoi(path) * 1000));
	/* All but the last byte: with that one the request is over. */
	sent = write_all(fd, whole, (size_t)head + size - 1) == 0;
	if (detached)
		detached(-1);
	sent = sent && write_all(fd, whole + head + size - 1, 1) == 0;
	free(whole);
	return sent;
}

static bool handle(int fd)
{
	char request[4096];
	char text[512];
	ssize_t got = read(fd, request, sizeof(request) - 1);
	bool last;
	size_t len;

	if (got < 0 && errno == EAGAIN)
		return true;
	if (got <= 0)
		return false;
	request[got] = '\0';
	last = !is_raw && strstr(request, "Connection: close");
	len = answer(text, sizeof(text), last);
	if (!is_raw && !strncmp(request, "GET /detached/", 14))
		return answer_detached(fd, request + 14, text, len);
	if (!is_raw && !strncmp(request, "GET /slow/", 10))
		usleep((useconds_t)(atoi(request + 10) * 1000));
	return write(fd, text, len) == (ssize_t)len && !last;
}

static void *serve_one(void *argument)
{
	int fd = (int)(intptr_t)argument;

	while (handle(fd))
		;
	close(fd);
	return NULL;
}

static void serve_threads(int listener, bool is_polled)
{
	struct pollfd queue = {.fd = listener, .events = POLLIN};

	for (;;) {
		int fd = is_polled && poll(&queue, 1, -1) < 1 ? -1 : accept(listener, NULL, NULL);
		pthread_t thread;

		if (fd < 0)
			continue;
		/* The first answer at once: in the order in which accept() gives them. */
		if (is_polled && !handle(fd)) {
			close(fd);
			continue;
		}
		if (pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) == 0)
			pthread_detach(thread);
		else
			close(fd);
	}
}

static void serve_loop(int listener)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
	int epfd = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(epfd, EPOLL_CTL_ADD, listener, &event);
	for (;;) {
		struct epoll_event events[64];
		int n = epoll_wait(epfd, events, 64, -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd == listener) {
				fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
				event = (struct epoll_event){.events = EPOLLIN, .data.fd = fd};
				if (fd >= 0)
					epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event);
			} else if (!handle(fd)) {
				close(fd);
			}
		}
	}
}

static void *serve_aside(void *listener)
{
	serve_threads((int)(intptr_t)listener, false);
	return NULL;
}

/* No system call, so that a signal never comes inside one. */
static void serve_busy(int listener)
{
	pthread_t thread;
	volatile unsigned spins = 0;

	pthread_create(&thread, NULL, serve_aside, (void *)(intptr_t)listener);
	for (;;)
		spins++;
}

/* DIR/workers-VERSION is for that version alone. */
static int workers_wanted(void)
{
	char name[80];
	char number[64] = "1";

	read_word_of(number, sizeof(number), "workers");
	(void)snprintf(name, sizeof(name), "workers-%s", program_version);
	read_word_of(number, sizeof(number), name);
	return atoi(number);
}

/* More of them as soon as the file says so. */
static void serve_workers(int listener)
{
	for (int count = 0;;) {
		if (count < workers_wanted()) {
			if (fork() == 0)
				serve_loop(listener);
			count++;
		}
		usleep(200000); /* one after the other, as where they have much to load */
	}
}

static void *work_for_ever(void *unused)
{
	void (*busy)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "aeterna_busy");

	while (busy) {
		busy(1);
		work[0]++;
		usleep(300);
		work[1]++;
		busy(-1);
		usleep(300);
	}
	return unused;
}

static void *take_for_ever(void *unused)
{
	pthread_mutex_lock(&taken_lock);
	pause();
	return unused;
}

static void make_ballast(void)
{
	const char *mib = getenv("STATE_MIB");
	const char *bytes = getenv("STATE_BYTES");
	size_t words;

	ballast_bytes = mib ? strtoul(mib, NULL, 10) << 20 : bytes ? strtoul(bytes, NULL, 10) : 0;
	words = (ballast_bytes + sizeof(*ballast) - 1) / sizeof(*ballast);
	ballast = words ? malloc(words * sizeof(*ballast)) : NULL;
	for (size_t i = 0; i < words; i++)
		ballast[i] = i * 0x9e3779b97f4a7c15u;
}

/* A little less than a thread takes is left. */
static void take_all_room(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	rlim_t room;

	if (!file || fscanf(file, "%lu", &pages) != 1)
		exit(1);
	fclose(file);
	room = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (4 << 20);
	setrlimit(RLIMIT_AS, &(struct rlimit){room, room});
}

int main(int argc, char **argv)
{
	const char *shape = getenv("SHAPE") ? getenv("SHAPE") : "loop";
	int port = program_start(argc, argv);
	pthread_t thread;

	is_raw = getenv("RAW") != NULL;
	make_ballast();
	if (!strcmp(program_fault, "cramped"))
		take_all_room();
	if (getenv("DEADLOCK"))
		pthread_create(&thread, NULL, take_for_ever, NULL);
	if (getenv("WORK"))
		pthread_create(&thread, NULL, work_for_ever, NULL);
	if (!strcmp(shape, "threads") || !strcmp(shape, "polled"))
		serve_threads(program_listen(port, 4096, 0), !strcmp(shape, "polled"));
	else if (!strcmp(shape, "busy"))
		serve_busy(program_listen(port, 4096, 0));
	else if (!strcmp(shape, "workers"))
		serve_workers(program_listen(port, 4096, SOCK_NONBLOCK));
	else
		serve_loop(program_listen(port, 4096, SOCK_NONBLOCK));
}
