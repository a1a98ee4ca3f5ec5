// close, dup and their kind, as a program calls them: they never reach a descriptor of the
// library's own, and what they do to a listener's number is known.
#include "library.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/close_range.h>
#include <cstring>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace aet
{

class Hooks : public Library
{
      protected:
	Hooks() : launcher_(Join())
	{
	}
	~Hooks() override
	{
		(void)AET_SYS1(close, launcher_);
	}
	std::string Note() const
	{
		aet_message message;
		int result = aet_message_receive(launcher_, &message, MSG_DONTWAIT);

		return result > 0 ? aet_message_name(message.header.type) : "none";
	}
	static std::vector<int> Internal(const Listener &listener)
	{
		const aet_socket *sock = listener.socket();

		return {sock->listen_fd, sock->placeholder_fd, aet_lib.lifeline};
	}
	static ino_t FileOf(int fd);
	// In a child that owns its copy of the table, because whole ranges are closed.
	static bool InChild(const std::function<bool()> &is_right)
	{
		pid_t child = fork();
		int status = -1;

		if (child == 0) {
			aet_lib.owner = static_cast<int>(AET_SYS0(getpid));
			_exit(is_right() ? 0 : 1);
		}
		EXPECT_EQ(waitpid(child, &status, 0), child);
		return status == 0;
	}
	int launcher_;
};

ino_t Hooks::FileOf(int fd)
{
	struct stat status = {};

	return AET_SYS2(fstat, fd, &status) == 0 ? status.st_ino : 0;
}

TEST_F(Hooks, ClosingTheLibrarysOwnIsABadDescriptor)
{
	Listener listener;

	for (int fd : Internal(listener)) {
		errno = 0;
		EXPECT_EQ(close(fd), -1);
		EXPECT_EQ(errno, EBADF);
		errno = 0;
		EXPECT_EQ(syscall(SYS_close, fd), -1);
		EXPECT_EQ(errno, EBADF);
		EXPECT_TRUE(IsOpen(fd));
	}
	EXPECT_EQ(close(-1), -1);
	EXPECT_EQ(close(AET_FDS_MAX), -1);
}

// dup2 onto such a number is the program's right: the library's own moves out of the way.
TEST_F(Hooks, TheLibrarysOwnMovesOutOfTheWayOfDup2AndDup3)
{
	Listener listener;
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);

	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < 3; i++) {
			int fd = Internal(listener)[i];
			ino_t before = FileOf(fd);

			if (round == 0)
				EXPECT_EQ(dup2(file, fd), fd);
			else
				EXPECT_EQ(dup3(file, fd, O_CLOEXEC), fd);
			int moved = Internal(listener)[i];
			EXPECT_NE(moved, fd);
			EXPECT_EQ(FileOf(moved), before);
			EXPECT_EQ(FileOf(fd), FileOf(file));
			EXPECT_EQ(aet_mark(moved), AET_MARK_INTERNAL);
			EXPECT_EQ(close(fd), 0); // it is the program's now
		}
	// All of it still works.
	listener.Hold();
	int client = ConnectTo(listener.socket()->listen_fd);
	listener.Serve();
	int got = accept(listener.number(), nullptr, nullptr);
	EXPECT_GE(got, 0);
	for (int fd : {got, client, file})
		close(fd);
}

TEST_F(Hooks, RangesAreClosedAroundTheLibrarysOwn)
{
	Listener listener;
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int high = fcntl(file, F_DUPFD, listener.socket()->listen_fd + 100);
	int beyond = fcntl(file, F_DUPFD, AET_FDS_MAX - 1);

	const std::function<bool()> calls[] = {
		[] { return close_range(3, ~0u, 0) == 0; },
		[] { return syscall(SYS_close_range, 3, ~0u, 0) == 0; },
		[] {
			closefrom(3);
			return true;
		},
	};
	for (const std::function<bool()> &call : calls) {
		EXPECT_TRUE(InChild([&] {
			int lifeline = aet_lib.lifeline;
			bool good = call();

			return good && aet_lib.lifeline == lifeline && IsOpen(lifeline) &&
				!IsOpen(file) && !IsOpen(high) && !IsOpen(beyond) &&
				!IsOpen(listener.number()) &&
				aet_mark(listener.number()) == AET_MARK_NONE;
		}));
	}
	// A range without the listener's number: real one and placeholder stay, too.
	EXPECT_TRUE(InChild([&] {
		unsigned first = static_cast<unsigned>(listener.number()) + 1;
		std::vector<int> own = Internal(listener);

		return close_range(first, ~0u, 0) == 0 && own == Internal(listener) &&
			IsOpen(own[0]) && IsOpen(own[1]) && IsOpen(own[2]) && !IsOpen(file) &&
			!IsOpen(high);
	}));
	EXPECT_TRUE(InChild([&] { return close_range(9, 3, 0) == -1 && errno == EINVAL; }));
	for (int fd : {file, high, beyond})
		close(fd);
}

// Marked close-on-exec only: nothing is closed, nothing forgotten.
TEST_F(Hooks, ACloseOnExecRangeForgetsNothing)
{
	Listener listener;
	int file = open("/dev/null", O_RDONLY);

	EXPECT_TRUE(InChild([&] {
		return close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) == 0 && IsOpen(file) &&
			fcntl(file, F_GETFD) == FD_CLOEXEC &&
			aet_socket_of(listener.number()) == listener.socket() &&
			IsOpen(listener.number());
	}));
	close(file);
}

TEST_F(Hooks, EveryWayToCopyANumberIsKnown)
{
	Listener listener;
	int to = fcntl(listener.number(), F_DUPFD_CLOEXEC, 100);
	int copies[] = {
		to,
		dup(listener.number()),
		fcntl(listener.number(), F_DUPFD, 50),
		dup2(listener.number(), to + 1),
		dup3(listener.number(), to + 2, O_CLOEXEC),
		static_cast<int>(syscall(SYS_dup3, listener.number(), to + 3, 0)),
		fcntl64(listener.number(), F_DUPFD, 60),
	};

	for (int copy : copies)
		EXPECT_EQ(aet_socket_of(copy), listener.socket()) << copy;
	EXPECT_EQ(listener.socket()->fd_count, AET_SOCKET_FDS_MAX);
	int ninth = dup(listener.number());
	EXPECT_GE(ninth, 0); // the program has it, the table does not
	EXPECT_EQ(aet_mark(ninth), AET_MARK_NONE);
	EXPECT_EQ(dup2(to, to), to);
	EXPECT_EQ(listener.socket()->fd_count, AET_SOCKET_FDS_MAX);
	close(ninth);
	for (int copy : copies) {
		EXPECT_EQ(close(copy), 0);
		EXPECT_EQ(aet_mark(copy), AET_MARK_NONE);
	}
	EXPECT_EQ(listener.socket()->fd_count, 1);
	EXPECT_EQ(Note(), "none");
}

// Its last number gone, the listener is given back: two descriptors and a note.
TEST_F(Hooks, TheLastCloseWithdraws)
{
	Listener listener;
	int real = listener.socket()->listen_fd;
	int placeholder = listener.socket()->placeholder_fd;
	int copy = dup(listener.number());

	EXPECT_EQ(close(listener.number()), 0);
	EXPECT_EQ(Note(), "none");
	EXPECT_EQ(close(copy), 0);
	EXPECT_EQ(Note(), "WITHDRAW");
	EXPECT_FALSE(IsOpen(real));
	EXPECT_FALSE(IsOpen(placeholder));
	EXPECT_EQ(listener.socket()->state, AET_SOCKET_FREE);
}

TEST_F(Hooks, ANumberReplacedByDup2IsForgotten)
{
	Listener listener;
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);

	EXPECT_EQ(dup2(file, listener.number()), listener.number());
	EXPECT_EQ(aet_mark(listener.number()), AET_MARK_NONE);
	EXPECT_EQ(Note(), "WITHDRAW");
	close(listener.number());
	close(file);
}

// A registration ends with the last number, although the launcher keeps the file open.
TEST_F(Hooks, AClosedNumberFiresNoMore)
{
	Listener listener;
	int epfd = epoll_create1(EPOLL_CLOEXEC);
	epoll_event event = {EPOLLIN, {}};
	int kept = static_cast<int>(AET_SYS1(dup, listener.socket()->listen_fd));

	ASSERT_EQ(epoll_ctl(epfd, EPOLL_CTL_ADD, listener.number(), &event), 0);
	int client = ConnectTo(kept);
	EXPECT_EQ(epoll_wait(epfd, &event, 1, 0), 1);
	close(listener.number());
	EXPECT_EQ(epoll_wait(epfd, &event, 1, 0), 0);
	for (int fd : {client, kept, epfd})
		close(fd);
}

// shutdown(2) would end the listener for everybody: only this process's numbers are shut.
TEST_F(Hooks, ShutdownWakesAcceptHereAndLeavesTheListener)
{
	Listener listener(Listener::kTcp, false);
	Sleeper sleeper([&] { return accept(listener.number(), nullptr, nullptr); });

	ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(SYS_accept); }));
	EXPECT_EQ(shutdown(listener.number(), SHUT_RDWR), 0);
	EXPECT_EQ(sleeper.Result(), -1);
	EXPECT_EQ(sleeper.error(), EINVAL);
	int listening = 0;
	socklen_t length = sizeof(listening);
	EXPECT_EQ(AET_SYS5(getsockopt, listener.socket()->listen_fd, SOL_SOCKET, SO_ACCEPTCONN,
			  &listening, &length),
		0);
	EXPECT_EQ(listening, 1);
}

// A vfork(2) child borrows the memory and may close what it likes: the table is its parent's.
TEST_F(Hooks, AnotherProcessLeavesTheTableAlone)
{
	Listener listener;

	aet_lib.owner++; // as such a child sees it
	int copy = dup(listener.number());
	EXPECT_EQ(aet_mark(copy), AET_MARK_NONE);
	EXPECT_EQ(close(copy), 0);
	aet_lib.owner--;
	EXPECT_EQ(listener.socket()->fd_count, 1);
	EXPECT_EQ(Note(), "none");
}

// While the number holds the placeholder, the program still sees its listener's name.
TEST_F(Hooks, TheNameStaysTheListenersWhileHeld)
{
	Listener listener;
	sockaddr_in own = {};
	sockaddr_in seen = {};
	socklen_t length = sizeof(own);

	ASSERT_EQ(getsockname(listener.number(), reinterpret_cast<sockaddr *>(&own), &length), 0);
	ASSERT_EQ(aet_address_from_sockaddr(reinterpret_cast<sockaddr *>(&own), length, SOCK_STREAM,
			  &listener.socket()->address),
		0);
	listener.Hold();
	ASSERT_EQ(getsockname(listener.number(), reinterpret_cast<sockaddr *>(&seen), &length), 0);
	EXPECT_EQ(length, sizeof(seen));
	EXPECT_EQ(memcmp(&own, &seen, sizeof(own)), 0);
	length = 4; // cut short, the whole length told, getsockname(2)
	seen = {};
	ASSERT_EQ(getsockname(listener.number(), reinterpret_cast<sockaddr *>(&seen), &length), 0);
	EXPECT_EQ(length, sizeof(seen));
	EXPECT_EQ(seen.sin_port, own.sin_port);
	EXPECT_EQ(seen.sin_addr.s_addr, 0u);
}

} // namespace aet
