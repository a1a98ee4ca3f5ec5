/*
 * HTTP/1.1 with keep-alive, whose listener is waited for elsewhere than in the main thread. SHAPE:
 *   thread   one thread blocks in accept(), another serves each connection
 *   threads  four of them do
 *   inline   24 threads block in accept(), and each serves its connection to the end
 *   poll, select  a thread waits without a timeout, then accepts from a blocking listener
 *   looked   as `thread`, but the main thread has asked poll() for the listener once before
 *   prefork  12 processes block in accept(), and each serves its connection to the end
 *   polled   the same, after a poll()
 */
#include "program_mode.h"

#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/select.h>
#include <sys/wait.h>

#define ACCEPTORS 4
#define INLINE    24
#define WORKERS   12

static const char *shape;
static int listener;

static bool is(const char *word)
{
	return strcmp(shape, word) == 0;
}

static void *serve(void *argument)
{
	int fd = (int)(intptr_t)argument;

	while (program_handle(fd))
		;
	close(fd);
	return NULL;
}

static void wait_for_one(void)
{
	struct pollfd look = {.fd = listener, .events = POLLIN};
	fd_set set;

	FD_ZERO(&set);
	FD_SET(listener, &set);
	if (is("poll") || is("polled"))
		(void)poll(&look, 1, -1);
	else if (is("select"))
		(void)select(listener + 1, &set, NULL, NULL, NULL);
}

static void *accept_all(void *unused)
{
	for (;;) {
		pthread_t thread;
		int fd;

		wait_for_one();
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		if (is("inline") || is("prefork") || is("polled"))
			(void)serve((void *)(intptr_t)fd);
		else if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) == 0)
			pthread_detach(thread);
		else
			close(fd);
	}
	return unused;
}

static void start_threads(int count)
{
	pthread_t thread;

	for (int i = 0; i < count; i++)
		if (pthread_create(&thread, NULL, accept_all, NULL))
			program_fail("pthread_create");
	pthread_join(thread, NULL);
}

static void start_processes(void)
{
	for (int i = 0; i < WORKERS; i++) {
		if (fork() != 0)
			continue;
		signal(SIGTERM, SIG_DFL);
		(void)accept_all(NULL);
	}
	while (wait(NULL) > 0)
		;
}

int main(int argc, char **argv)
{
	struct pollfd look = {.events = POLLIN};

	listener = program_listen(program_start(argc, argv), 128, SOCK_CLOEXEC);
	shape = program_argument(0, NULL, 9, "SHAPE", "thread");
	look.fd = listener;
	if (is("looked"))
		(void)poll(&look, 1, 0);
	if (is("prefork") || is("polled"))
		start_processes();
	else
		start_threads(is("threads") ? ACCEPTORS : is("inline") ? INLINE : 1);
	return 0;
}
