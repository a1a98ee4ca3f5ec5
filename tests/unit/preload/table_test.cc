// Marks, sockets, numbers, registrations: every table at its limit and one beyond.
#include "library.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace aet
{

class Table : public Library
{
};

TEST_F(Table, MarksAtTheLastNumberAndBeyond)
{
	for (int fd : {0, 3, AET_FDS_MAX - 1}) {
		aet_mark_set(fd, AET_MARK_UNCLAIMED);
		EXPECT_EQ(aet_mark(fd), AET_MARK_UNCLAIMED);
		aet_mark_set(fd, AET_MARK_NONE);
	}
	for (int fd : {-1, AET_FDS_MAX, AET_FDS_MAX + 1, INT32_MAX, INT32_MIN}) {
		aet_mark_set(fd, AET_MARK_UNCLAIMED);
		EXPECT_EQ(aet_mark(fd), AET_MARK_NONE) << fd;
		EXPECT_EQ(aet_socket_of(fd), nullptr);
	}
	EXPECT_EQ(aet_attention, 0);
}

TEST_F(Table, AttentionCountsWhatHasToStopAndTell)
{
	aet_mark_set(10, AET_MARK_UNCLAIMED);
	aet_mark_set(11, 1);
	aet_mark_set(12, -1);
	aet_mark_set(13, AET_MARK_INTERNAL);
	EXPECT_EQ(aet_attention, 2);
	aet_mark_set(10, AET_MARK_UNCLAIMED);
	aet_mark_set(11, -1);
	EXPECT_EQ(aet_attention, 1);
	aet_mark_set(10, AET_MARK_NONE);
	EXPECT_EQ(aet_attention, 0);
	for (int fd : {11, 12, 13})
		aet_mark_set(fd, AET_MARK_NONE);
}

TEST_F(Table, AnyPortIsOneBitForEachNumber)
{
	for (int fd : {0, 7, 8, AET_FDS_MAX - 1}) {
		aet_any_port_set(fd, true);
		aet_any_port_set(fd, true);
		EXPECT_TRUE(aet_any_port(fd));
		EXPECT_FALSE(aet_any_port(fd ^ 1));
		aet_any_port_set(fd, false);
		EXPECT_FALSE(aet_any_port(fd));
	}
	for (int fd : {-1, AET_FDS_MAX}) {
		aet_any_port_set(fd, true);
		EXPECT_FALSE(aet_any_port(fd));
	}
}

TEST_F(Table, SocketsAtTheLimitAndOneBeyond)
{
	for (int i = 0; i < AET_SOCKETS_MAX; i++) {
		aet_socket *sock = aet_socket_new();

		ASSERT_NE(sock, nullptr);
		sock->state = AET_SOCKET_LIVE;
		ASSERT_TRUE(aet_socket_add_fd(sock, 1000 + i));
	}
	EXPECT_EQ(aet_socket_new(), nullptr);
	for (int i = 0; i < AET_SOCKETS_MAX; i++) {
		EXPECT_EQ(aet_socket_of(1000 + i), &aet_sockets[i]);
		EXPECT_NE(aet_mark(1000 + i), AET_MARK_UNCLAIMED);
		EXPECT_NE(aet_mark(1000 + i), AET_MARK_INTERNAL);
	}
	// Both signs of the last one's mark are its own.
	aet_socket_mark(&aet_sockets[AET_SOCKETS_MAX - 1], true);
	EXPECT_LT(aet_mark(1000 + AET_SOCKETS_MAX - 1), AET_MARK_NONE);
	EXPECT_EQ(aet_socket_of(1000 + AET_SOCKETS_MAX - 1), &aet_sockets[AET_SOCKETS_MAX - 1]);

	aet_socket_free(&aet_sockets[50]);
	EXPECT_EQ(aet_mark(1050), AET_MARK_NONE);
	EXPECT_EQ(aet_socket_new(), &aet_sockets[50]);
}

TEST_F(Table, NumbersAtTheLimitAndOneBeyond)
{
	aet_socket *sock = aet_socket_new();

	sock->state = AET_SOCKET_LIVE;
	for (int i = 0; i < AET_SOCKET_FDS_MAX; i++)
		ASSERT_TRUE(aet_socket_add_fd(sock, 1000 + i));
	EXPECT_FALSE(aet_socket_add_fd(sock, 1000 + AET_SOCKET_FDS_MAX));
	EXPECT_EQ(aet_mark(1000 + AET_SOCKET_FDS_MAX), AET_MARK_NONE);
	EXPECT_FALSE(aet_socket_add_fd(sock, AET_FDS_MAX));

	aet_socket_drop_fd(sock, 1003);
	EXPECT_EQ(sock->fd_count, AET_SOCKET_FDS_MAX - 1);
	EXPECT_EQ(aet_mark(1003), AET_MARK_NONE);
	EXPECT_TRUE(aet_socket_add_fd(sock, AET_FDS_MAX - 1));
	EXPECT_EQ(aet_socket_of(AET_FDS_MAX - 1), sock);
}

TEST_F(Table, WatchesAtTheLimitAndOneBeyond)
{
	for (int i = 0; i < AET_WATCHES_MAX; i++) {
		aet_watch *watch = aet_watch_new();

		ASSERT_NE(watch, nullptr);
		watch->place = AET_PLACE_REAL;
		watch->epfd = 2000 + i;
		watch->fd = 1000;
	}
	EXPECT_EQ(aet_watch_new(), nullptr);
	EXPECT_EQ(aet_watch_find(2000 + AET_WATCHES_MAX - 1, 1000),
		&aet_watches[AET_WATCHES_MAX - 1]);
	EXPECT_EQ(aet_watch_find(2000 + AET_WATCHES_MAX, 1000), nullptr);
	EXPECT_EQ(aet_watch_find(2000, 1001), nullptr);
}

// The program's call goes on unharmed; the registrations that are known stay so.
TEST_F(Table, TheRegistrationTooManyIsTheKernelsAlone)
{
	Listener listener;
	std::vector<int> epolls;
	epoll_event event = {EPOLLIN, {}};

	for (int i = 0; i <= AET_WATCHES_MAX; i++) {
		epolls.push_back(epoll_create1(EPOLL_CLOEXEC));
		ASSERT_EQ(epoll_ctl(epolls[i], EPOLL_CTL_ADD, listener.number(), &event), 0);
	}
	EXPECT_NE(aet_watch_find(epolls[AET_WATCHES_MAX - 1], listener.number()), nullptr);
	EXPECT_EQ(aet_watch_find(epolls[AET_WATCHES_MAX], listener.number()), nullptr);
	EXPECT_EQ(epoll_ctl(epolls[AET_WATCHES_MAX], EPOLL_CTL_MOD, listener.number(), &event), 0);
	EXPECT_EQ(epoll_ctl(epolls[AET_WATCHES_MAX], EPOLL_CTL_DEL, listener.number(), &event), 0);
	// Room again: the next one is known.
	EXPECT_EQ(epoll_ctl(epolls[0], EPOLL_CTL_DEL, listener.number(), &event), 0);
	EXPECT_EQ(epoll_ctl(epolls[AET_WATCHES_MAX], EPOLL_CTL_ADD, listener.number(), &event), 0);
	EXPECT_NE(aet_watch_find(epolls[AET_WATCHES_MAX], listener.number()), nullptr);
	for (int fd : epolls)
		close(fd);
}

TEST_F(Table, HiddenDescriptorsAreHighAndCloseOnExec)
{
	int fd = open("/dev/null", O_RDONLY);
	int hidden = aet_fd_hide(fd, false);

	EXPECT_GE(hidden, aet_fd_floor);
	EXPECT_EQ(aet_mark(hidden), AET_MARK_INTERNAL);
	EXPECT_TRUE(fcntl(hidden, F_GETFD) & FD_CLOEXEC);
	EXPECT_TRUE(IsOpen(fd));
	aet_fd_unhide_close(&hidden);
	EXPECT_EQ(hidden, -1);
	aet_fd_unhide_close(&hidden);

	hidden = aet_fd_hide(fd, true);
	EXPECT_FALSE(IsOpen(fd));
	aet_fd_unhide_close(&hidden);
	EXPECT_EQ(aet_fd_hide(fd, true), -EBADF);
}

// The limit was lowered since the start: anywhere will do; and with no room at all it says so.
TEST_F(Table, HidingWhereTheLimitIsBelowTheFloor)
{
	int fd = open("/dev/null", O_RDONLY);
	rlimit before;
	rlimit low;

	getrlimit(RLIMIT_NOFILE, &before);
	low = before;
	low.rlim_cur = static_cast<rlim_t>(aet_fd_floor);
	setrlimit(RLIMIT_NOFILE, &low);
	int hidden = aet_fd_hide(fd, false);
	low.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &low);
	int none = aet_fd_hide(fd, true);
	setrlimit(RLIMIT_NOFILE, &before);

	EXPECT_GE(hidden, 3);
	EXPECT_LT(hidden, aet_fd_floor);
	EXPECT_EQ(none, -EINVAL);
	EXPECT_TRUE(IsOpen(fd));
	aet_fd_unhide_close(&hidden);
	close(fd);
}

// A fork's child has to tell its interest anew, and leaves its parent's epolls alone.
TEST_F(Table, AfterForkInterestIsToldAgain)
{
	Listener listener;
	int epfd = epoll_create1(EPOLL_CLOEXEC);
	epoll_event event = {EPOLLIN, {}};

	ASSERT_EQ(epoll_ctl(epfd, EPOLL_CTL_ADD, listener.number(), &event), 0);
	EXPECT_LT(aet_mark(listener.number()), AET_MARK_NONE);
	aet_table_after_fork();
	EXPECT_GT(aet_mark(listener.number()), AET_MARK_NONE);
	EXPECT_TRUE(aet_watch_find(epfd, listener.number())->foreign);
	close(epfd);
}

} // namespace aet
