/*
 * Threads write to the state all the time: each counts on its own number every millisecond, and then
 * appends it to DIR/ticks-GENERATION, as "<thread> <number>". SPIN=1: they never sleep, and have the
 * numbers in the mapped file DIR/spins-GENERATION instead; a generation that loads writes what came to
 * DIR/loaded-GENERATION. ALLOCATE=1: they take and give memory all the time. BLIND=1: one more thread
 * blocks all signals, past the C library. In the mode `load_error` nobody takes the state. Every answer
 * is "<version> <sum of the numbers>"; that to /slow waits until the file DIR/finish is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "program_mode.h"

#define THREADS 4

static volatile uint64_t ticks[THREADS];
static volatile uint64_t *shown; /* mapped; after the count */
static int file = -1;

int aeterna_dump_state(int fd);
int aeterna_load_state(int fd);

static int open_one(const char *name, int flags)
{
	char path[4096];

	(void)snprintf(
		path, sizeof(path), "%s/%s-%s", getenv("DIR"), name, getenv("AETERNA_GENERATION"));
	return open(path, O_CREAT | O_RDWR | O_CLOEXEC | flags, 0644);
}

int aeterna_dump_state(int fd)
{
	char *copy = malloc(100000); /* the hook may: nobody else had the lock at the fork */

	memcpy(copy, (void *)ticks, sizeof(ticks));
	return write(fd, copy, sizeof(ticks)) == (ssize_t)sizeof(ticks) ? 0 : -EIO;
}

int aeterna_load_state(int fd)
{
	uint64_t came[THREADS]; /* the threads count on meanwhile, each on its own number */
	int loaded;

	if (!strcmp(program_fault, "load_error"))
		return -EIO;
	if (read(fd, came, sizeof(came)) != (ssize_t)sizeof(came))
		return -EIO;
	memcpy((void *)ticks, came, sizeof(came));
	loaded = open_one("loaded", O_TRUNC);
	for (int i = 0; i < THREADS; i++)
		dprintf(loaded, "%llu\n", (unsigned long long)came[i]);
	close(loaded);
	return 0;
}

static void *tick(void *argument)
{
	unsigned number = (unsigned)(uintptr_t)argument;
	char line[64];

	bool spins = getenv("SPIN") != NULL;
	bool allocates = getenv("ALLOCATE") != NULL;

	for (;;) {
		if (!spins)
			usleep(1000);
		if (allocates)
			free(malloc(1 + ticks[number] * 4096 % 100000));
		ticks[number]++;
		shown[number] = ticks[number];
		if (!spins)
			(void)!write(file, line,
				(size_t)snprintf(line, sizeof(line), "%u %llu\n", number,
					(unsigned long long)ticks[number]));
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

static void await_finish(void)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/finish", getenv("DIR"));
	while (access(path, F_OK) < 0)
		usleep(1000);
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
	if (!strncmp(request, "GET /slow", 9))
		await_finish();
	for (int i = 0; i < THREADS; i++)
		sum += ticks[i];
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
	pthread_t thread;
	int spins = open_one("spins", 0);
	int listener;

	file = open_one("ticks", O_APPEND);
	(void)!ftruncate(spins, sizeof(ticks));
	shown = mmap(NULL, sizeof(ticks), PROT_READ | PROT_WRITE, MAP_SHARED, spins, 0);
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
