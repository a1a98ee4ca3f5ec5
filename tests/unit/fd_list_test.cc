/* The descriptors beside a container: how many there may be, what is left to the launcher, and what
 * becomes of sockets when the state is kept. In a forked child each: its limits are its own. */
#include <errno.h>
#include <fcntl.h>
#include <functional>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "in_child.h"

extern "C" {
#include "base/fd_list.h"
#include "msgio.h"
}

namespace
{

bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

TEST(FdList, TheMostThatTravel)
{
	EXPECT_EQ(in_child([] {
		aet_fd_list list = {};

		for (int i = 0; i < AET_FD_LIST_MAX; i++)
			WANT(aet_fd_list_add(&list, 0) == 0);
		int fd = dup(1);
		WANT(aet_fd_list_add(&list, fd) == -E2BIG && !is_open(fd));
		WANT(list.count == AET_FD_LIST_MAX);
		aet_fd_list_clear(&list);
		WANT(list.count == 0 && list.fds == nullptr && !is_open(0));
		return 0;
	}),
		0);
}

int at_limit(rlim_t soft, int last)
{
	aet_fd_list list = {};
	rlimit limit;

	WANT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = soft;
	WANT(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	WANT(dup2(0, last) == last && aet_fd_list_add(&list, last) == 0);
	WANT(dup2(0, last + 1) == last + 1 && aet_fd_list_add(&list, last + 1) == -EMFILE);
	WANT(list.count == 1 && is_open(last) && !is_open(last + 1));
	aet_fd_list_clear(&list);
	WANT(!is_open(last));
	return 0;
}

TEST(FdList, WhatIsLeftToTheLauncher)
{
	EXPECT_EQ(in_child([] { return at_limit(1024, 1024 - AET_FD_HEADROOM - 1); }), 0);
	EXPECT_EQ(in_child([] { return at_limit(64, 64 - 64 / AET_FD_SHARE - 1); }), 0);
}

TEST(FdList, SocketsEndAndTheirPlacesStay)
{
	EXPECT_EQ(in_child([] {
		aet_fd_list list = {};
		int ends[2];
		int pair[2];
		char byte;
		aet_header header = {};
		aet_message message;

		WANT(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
		WANT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
		int file = memfd_create("state", 0);
		WANT(ftruncate(file, 4096) == 0);
		WANT(aet_fd_list_add(&list, pair[0]) == 0 && aet_fd_list_add(&list, file) == 0);
		aet_fd_list_end_sockets(&list);
		WANT(list.count == 2 && !is_open(pair[0]) && is_open(file));
		WANT(read(pair[1], &byte, 1) == 0);
		WANT(aet_fd_list_bytes(&list) == 4096);
		aet_header_init(&header, AET_MSG_FDS, 0, 0);
		WANT(aet_fd_list_send(&list, 1, 2, ends[0], &header, sizeof(header), -1) ==
			-EINVAL);
		WANT(aet_fd_list_send(&list, 0, 2, ends[0], &header, sizeof(header), file) == 0);
		WANT(aet_message_receive(ends[1], &message, 0) == 1 && message.fd_count == 3);
		WANT(recv(message.fds[1], &byte, 1, 0) < 0 && errno == ENOTCONN);
		WANT(lseek(message.fds[2], 0, SEEK_END) == 4096);
		return 0;
	}),
		0);
}

} // namespace
