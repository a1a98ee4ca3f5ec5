/*
 * An HTTP server whose first thread ends while another serves on: its process looks like a zombie and
 * is none. A child, in a session of its own, does nothing.
 */
#include "program_mode.h"

#include <pthread.h>
#include <stdint.h>

static void *serve(void *argument)
{
	int listener = (int)(intptr_t)argument;

	program_closes = true;
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		(void)program_handle(fd);
		close(fd);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int listener = program_listen(program_start(argc, argv), 128, SOCK_CLOEXEC);
	pthread_t thread;

	if (fork() == 0) {
		close(listener);
		setsid();
		for (;;)
			pause();
	}
	if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)listener))
		return 1;
	pthread_exit(NULL);
}
