/*
 * A threaded HTTP server: accept() blocks in the main thread, a thread serves each connection. Built
 * against glibc and against musl.
 */
#include "program_mode.h"

#include <pthread.h>
#include <stdint.h>

static void *serve(void *argument)
{
	int fd = (int)(intptr_t)argument;

	while (program_handle(fd))
		;
	close(fd);
	return NULL;
}

int main(int argc, char **argv)
{
	int listener = program_listen(program_start(argc, argv), 128, SOCK_CLOEXEC);
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 128 * 1024);
	for (;;) {
		pthread_t thread;
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		if (pthread_create(&thread, &attr, serve, (void *)(intptr_t)fd))
			close(fd);
	}
}
