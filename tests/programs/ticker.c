/*
 * Threads write to the state all the time: each counts on its own number every millisecond, and then
 * appends it to DIR/ticks-GENERATION, as "<thread> <number>". SPIN=1: they never sleep, and write
 * nothing down but what the state has. ALLOCATE=1: they take and give memory all the time. BLIND=1:
 * one more thread blocks all signals, past the C library. In the mode `load_error` nobody takes the
 * state. Every answer is "<version> <sum of the numbers>".
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "program_mode.h"

#define THREADS 4

/* What a thread counts, and the same once more: a copy that was taken at one instant has both equal,
 * or the first one ahead by one. */
struct ticks {
	volatile uint64_t first;
	volatile uint64_t second;
};

static struct ticks ticks[THREADS];
static int file = -1;

int aeterna_dump_state(int fd);
int aeterna_load_state(int fd);

int aeterna_dump_state(int fd)
{
	char *copy = malloc(sizeof(ticks)); /* the hook may: nobody else had the lock at the fork */

	memcpy(copy, ticks, sizeof(ticks));
	return write(fd, copy, sizeof(ticks)) == (ssize_t)sizeof(ticks) ? 0 : -EIO;
}

int aeterna_load_state(int fd)
{
	if (!strcmp(program_fault, "load_error"))
		return -EIO;
	return read(fd, ticks, sizeof(ticks)) == (ssize_t)sizeof(ticks) ? 0 : -EIO;
}

static void *tick(void *argument)
{
	unsigned number = (unsigned)(uintptr_t)argument;
	char line[64];

	for (;;) {
		if (!getenv("SPIN"))
			usleep(1000);
		if (getenv("ALLOCATE"))
			free(malloc(1 + ticks[number].first % 100000));
		ticks[number].first++;
		ticks[number].second = ticks[number].first;
		if (!getenv("SPIN"))
			(void)!write(file, line,
				(size_t)snprintf(line, sizeof(line), "%u %llu\n", number,
					(unsigned long long)ticks[number].first));
	}
	return NULL;
}

static void *go_blind(void *unused)
{
	uint64_t all = ~0ull;

	prctl(PR_SET_NAME, "blind");
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, 8);
	for (;;)
		pause();
	return unused;
}

static bool handle(int fd)
{
	char request[4096];
	char body[96];
	char answer[512];
	uint64_t sum = 0;
	bool last;
	int len;

	if (read(fd, request, sizeof(request) - 1) <= 0)
		return false;
	last = strstr(request, "Connection: close");
	for (int i = 0; i < THREADS; i++)
		sum += ticks[i].first;
	len = snprintf(body, sizeof(body), "%s %llu\n", program_version, (unsigned long long)sum);
	len = snprintf(answer, sizeof(answer),
		"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: %s\r\n\r\n%s", len,
		last ? "close" : "keep-alive", body);
	return write(fd, answer, (size_t)len) == len && !last;
}

static void *serve_one(void *fd)
{
	while (handle((int)(intptr_t)fd))
		;
	close((int)(intptr_t)fd);
	return NULL;
}

int main(int argc, char **argv)
{
	int port = program_start(argc, argv);
	const char *generation = getenv("AETERNA_GENERATION");
	char path[4096];
	pthread_t thread;
	int listener;

	(void)snprintf(path, sizeof(path), "%s/ticks-%s", getenv("DIR"), generation);
	file = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&thread, NULL, tick, (void *)i);
	if (getenv("BLIND"))
		pthread_create(&thread, NULL, go_blind, NULL);
	listener = program_listen(port, 512, 0);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0 && pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) == 0)
			pthread_detach(thread);
	}
}
