/*
 * A server that stands still where a file says so, until the file is gone or says something else: a
 * test holds it at a step as long as it likes. DIR/STEP has the word; the steps are start (before
 * socket()), bound (between bind() and listen()), dump, load, request (GET /held) and end (after TERM;
 * it exits with status 3 then). The words: hold, error (a hook returns one), exit, abort (load alone: it undoes the swap at its end). DIR/at-STEP is
 * there once the step is reached. Its state is a number that every request counts up; held-bare has no
 * hooks, held-loads only the one that loads. With WORKER=1 a child of the first process serves and has the state, or two.
 */
#include "program_mode.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/inotify.h>

static unsigned long count;
static pthread_mutex_t count_lock = PTHREAD_MUTEX_INITIALIZER;

static void path_of(char *path, size_t size, const char *prefix, const char *step)
{
	(void)snprintf(path, size, "%s/%s%s", getenv("DIR") ? getenv("DIR") : ".", prefix, step);
}

static bool is_told(const char *step, const char *told)
{
	char path[4096];
	char word[64] = "";

	path_of(path, sizeof(path), "", step);
	program_read_word(word, sizeof(word), path);
	return !strcmp(word, told);
}

/* Files of DIR are written beside and renamed, or removed. */
static int watch_directory(void)
{
	char path[4096];
	int changes = inotify_init1(IN_CLOEXEC);

	path_of(path, sizeof(path), "", "");
	if (changes < 0 || inotify_add_watch(changes, path, IN_MOVED_TO | IN_DELETE) < 0)
		program_fail("inotify");
	return changes;
}

static void await_change(int changes)
{
	char events[4096];

	(void)!read(changes, events, sizeof(events));
}

/* 0, or what a hook returns. */
static int stand_at(const char *step)
{
	char path[4096];
	int changes;
	int fd;

	path_of(path, sizeof(path), "at-", step);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	if (fd >= 0)
		close(fd);
	changes = watch_directory();
	while (is_told(step, "hold"))
		await_change(changes);
	close(changes);
	if (is_told(step, "exit"))
		_exit(7);
	return is_told(step, "error") ? -EIO : 0;
}

int aeterna_dump_state(int fd);
int aeterna_load_state(int fd);

#ifndef LOADS_ALONE
int aeterna_dump_state(int fd)
{
	int result = stand_at("dump");

	if (result < 0)
		return result;
	return write(fd, &count, sizeof(count)) == sizeof(count) ? 0 : -EIO;
}
#endif

/* What a process does that lost the launcher, common/phase.h. */
static void abort_swap(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	unsigned long page;

	while (maps && fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "memfd:aeterna-phase") || sscanf(line, "%lx", &page) != 1)
			continue;
		_Atomic(uint64_t) *word = (void *)(page + 16);
		*word &= 0xfffffff00; /* OPEN, the serving one, and no candidate */
		break;
	}
	if (maps)
		fclose(maps);
}

int aeterna_load_state(int fd)
{
	int result = stand_at("load");

	if (result == 0 && read(fd, &count, sizeof(count)) != sizeof(count))
		result = -EIO;
	if (result == 0 && is_told("load", "abort"))
		abort_swap();
	return result;
}

static size_t answer(char *out, size_t size, const char *request)
{
	unsigned long number;
	char body[96];
	int len;

	if (!strncmp(request, "GET /held", 9))
		(void)stand_at("request");
	pthread_mutex_lock(&count_lock);
	number = ++count;
	pthread_mutex_unlock(&count_lock);
	len = snprintf(body, sizeof(body), "%s %lu\n", program_version, number);
	return (size_t)snprintf(
		out, size, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len, body);
}

static void *serve(void *argument)
{
	int fd = (int)(intptr_t)argument;
	char request[4096];
	char text[512];
	ssize_t got;

	while ((got = read(fd, request, sizeof(request) - 1)) > 0) {
		request[got] = '\0';
		size_t len = answer(text, sizeof(text), request);
		if (write(fd, text, len) != (ssize_t)len || strstr(request, "Connection: close"))
			break;
	}
	close(fd);
	return NULL;
}

/* As program_listen(), with a step in the middle. */
static int listen_slowly(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int yes = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		program_fail("bind");
	(void)stand_at("bound");
	if (listen(fd, 4096))
		program_fail("listen");
	return fd;
}

static void *wait_for_term(void *set)
{
	int number;

	while (sigwait(set, &number) != 0)
		;
	(void)stand_at("end");
	_exit(3);
}

static void end_by_term(void)
{
	static sigset_t term;
	pthread_t waiter;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	if (pthread_create(&waiter, NULL, wait_for_term, &term))
		program_fail("pthread_create");
}

/* The first process serves nobody: it has a worker, and makes one more when DIR/more says its version. */
static void become_worker(void)
{
	char path[4096];
	char word[64] = "";
	int changes;

	path_of(path, sizeof(path), "", "more");
	if (fork() == 0)
		return;
	end_by_term();
	changes = watch_directory();
	for (;;) {
		program_read_word(word, sizeof(word), path);
		if (strcmp(word, program_version) == 0)
			break;
		await_change(changes);
	}
	close(changes);
	if (fork() == 0)
		return;
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	int port = program_start(argc, argv);
	int listener;

	if (!getenv("WORKER"))
		end_by_term();
	(void)stand_at("start");
	listener = listen_slowly(port);
	if (getenv("WORKER")) {
		become_worker();
		end_by_term();
	}
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		pthread_t thread;

		if (fd < 0)
			continue;
		if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd))
			close(fd);
		else
			pthread_detach(thread);
	}
}
