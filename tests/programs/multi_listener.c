/*
 * COUNT (3) listeners on PORT, PORT + 1, ..., opened one after the other with PAUSE_MS (0) in
 * between, served by one select() loop. Before that a probe: the first port is bound and closed at
 * once, as programs do that look for a free one.
 */
#include "program_mode.h"

#include <sys/select.h>

static int number(const char *variable, int otherwise)
{
	const char *text = getenv(variable);

	return text ? atoi(text) : otherwise;
}

static void accept_one(int listener, fd_set *watched)
{
	int fd = accept(listener, NULL, NULL);

	if (fd >= FD_SETSIZE)
		close(fd);
	else if (fd >= 0)
		FD_SET(fd, watched);
}

int main(int argc, char **argv)
{
	int port = program_start(argc, argv);
	int count = number("COUNT", 3);
	fd_set listeners;
	fd_set watched;

	close(program_listen(port, 1, 0));
	FD_ZERO(&listeners);
	for (int i = 0; i < count; i++) {
		int fd = program_listen(port + i, 128, SOCK_CLOEXEC | SOCK_NONBLOCK);

		FD_SET(fd, &listeners);
		usleep((useconds_t)number("PAUSE_MS", 0) * 1000);
	}
	watched = listeners;
	for (;;) {
		fd_set ready = watched;

		if (select(FD_SETSIZE, &ready, NULL, NULL, NULL) < 0)
			continue;
		for (int fd = 0; fd < FD_SETSIZE; fd++) {
			if (!FD_ISSET(fd, &ready))
				continue;
			if (FD_ISSET(fd, &listeners)) {
				accept_one(fd, &watched);
			} else if (!program_handle(fd)) {
				FD_CLR(fd, &watched);
				close(fd);
			}
		}
	}
}
