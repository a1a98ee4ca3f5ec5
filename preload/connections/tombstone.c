#include "connections/tombstone.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#include "core/table.h"
#include "sys.h"

struct pair {
	int end; /* at its end of file */
	int peer; /* kept, so that writing to the end is no error */
};

static struct pair unix_pair = {-1, -1};
static struct pair tcp_pair = {-1, -1};

static void close_one(int fd)
{
	if (fd >= 0)
		(void)AET_SYS1(close, fd);
}

static int make_unix(int fds[2])
{
	return (int)AET_SYS4(
		socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds);
}

/* Over the loopback address, so that TCP options and names work as before. */
static int make_tcp(int fds[2])
{
	struct sockaddr_in name = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int length = sizeof(name);
	int listener = (int)AET_SYS3(socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int peer = (int)AET_SYS3(socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	long end = -1;

	if (listener >= 0 && peer >= 0 && AET_SYS3(bind, listener, &name, length) == 0 &&
		AET_SYS2(listen, listener, 1) == 0 &&
		AET_SYS3(getsockname, listener, &name, &length) == 0) {
		(void)AET_SYS3(connect, peer, &name, length); /* in progress, or done at once */
		end = AET_SYS4(accept4, listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	}
	close_one(listener);
	if (end < 0) {
		close_one(peer);
		return (int)end;
	}
	fds[0] = (int)end;
	fds[1] = peer;
	return 0;
}

static int hide(struct pair *pair, const int fds[2])
{
	pair->end = aet_fd_hide(fds[0], true);
	pair->peer = aet_fd_hide(fds[1], true);
	if (pair->end >= 0 && pair->peer >= 0)
		return pair->end;
	aet_fd_unhide_close(&pair->end);
	aet_fd_unhide_close(&pair->peer);
	return -1;
}

int aet_tombstone_fd(bool is_unix)
{
	struct pair *pair = is_unix ? &unix_pair : &tcp_pair;
	int fds[2] = {-1, -1};

	if (pair->end >= 0)
		return pair->end;
	if ((is_unix || make_tcp(fds) < 0) && make_unix(fds) < 0)
		return -1;
	(void)AET_SYS2(shutdown, fds[1], SHUT_WR);
	return hide(pair, fds);
}

void aet_tombstone_renumber(int from, int to)
{
	int *const all[] = {&unix_pair.end, &unix_pair.peer, &tcp_pair.end, &tcp_pair.peer};

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (*all[i] == from)
			*all[i] = to;
}
