/*
 * An HTTP server on a Unix socket, as such servers are written: unlink, bind, listen, a poll() loop,
 * and unlink again on SIGTERM. unix_server PATH [VERSION_FILE]; a path that begins with '@' is
 * abstract.
 */
#include "program_mode.h"

#include <poll.h>
#include <stddef.h>
#include <sys/un.h>

#define MAX_FDS 1024

static struct sockaddr_un address = {.sun_family = AF_UNIX};

static void on_term(int number)
{
	(void)number;
	if (address.sun_path[0])
		unlink(address.sun_path);
	_exit(0);
}

static int listen_at(const char *path)
{
	size_t len = strlen(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || len >= sizeof(address.sun_path))
		program_fail(path);
	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	else
		unlink(path);
	if (bind(fd, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)))
		program_fail("bind");
	if (listen(fd, 128))
		program_fail("listen");
	return fd;
}

static nfds_t accept_all(struct pollfd *fds, nfds_t count)
{
	while (count < MAX_FDS) {
		int fd = accept4(fds[0].fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			break;
		fds[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	return count;
}

int main(int argc, char **argv)
{
	static struct pollfd fds[MAX_FDS];
	nfds_t count = 1;

	program_start(argc, argv);
	fds[0].fd = listen_at(program_argument(argc, argv, 1, "SOCKET", "server.sock"));
	fds[0].events = POLLIN;
	signal(SIGTERM, on_term);
	for (;;) {
		if (poll(fds, count, -1) < 0)
			continue;
		for (nfds_t i = count; i-- > 1;) {
			if (!fds[i].revents || program_handle(fds[i].fd))
				continue;
			close(fds[i].fd);
			fds[i] = fds[--count];
		}
		if (fds[0].revents)
			count = accept_all(fds, count);
	}
}
