// The gate: a held listener gives nothing to epoll, poll, select and accept, and afterwards the
// program finds its registrations as it left them. Calls are the program's own, through the hooks.
#include "library.h"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/select.h>
#include <unistd.h>

namespace aet
{

constexpr uint64_t kData = 0x1122334455667788;

// An epoll of the program's.
class Epoll
{
      public:
	Epoll() : fd_(epoll_create1(EPOLL_CLOEXEC))
	{
	}
	~Epoll()
	{
		close(fd_);
	}
	int Control(int op, int fd, uint32_t events = 0, uint64_t data = kData) const
	{
		epoll_event wish = {};

		wish.events = events;
		wish.data.u64 = data;
		return epoll_ctl(fd_, op, fd, &wish) == 0 ? 0 : -errno;
	}
	// How many events there are now; the last one in event.
	int Fired()
	{
		epoll_event events[8];
		int count = epoll_wait(fd_, events, 8, 0);

		if (count > 0)
			event = events[count - 1];
		return count;
	}
	int fd() const
	{
		return fd_;
	}
	epoll_event event = {};

      private:
	int fd_;
};

class Gate : public Library
{
      protected:
	static bool Accepts(int number)
	{
		int fd = accept4(number, nullptr, nullptr, SOCK_CLOEXEC);

		if (fd >= 0)
			close(fd);
		else
			EXPECT_EQ(errno, EAGAIN);
		return fd >= 0;
	}
	static bool Polls(int number)
	{
		pollfd entry = {number, POLLIN, 0};

		return poll(&entry, 1, 0) == 1 && entry.revents == POLLIN && entry.fd == number;
	}
	static bool Selects(int number)
	{
		fd_set set;
		timeval none = {};

		FD_ZERO(&set);
		FD_SET(number, &set);
		return select(number + 1, &set, nullptr, nullptr, &none) == 1 &&
			FD_ISSET(number, &set);
	}
};

class GateByKind : public Gate, public testing::WithParamInterface<uint32_t>
{
};

INSTANTIATE_TEST_SUITE_P(Registrations, GateByKind,
	testing::Values(EPOLLIN, EPOLLIN | EPOLLET, EPOLLIN | EPOLLONESHOT,
		EPOLLIN | EPOLLET | EPOLLONESHOT, EPOLLIN | EPOLLEXCLUSIVE,
		EPOLLIN | EPOLLEXCLUSIVE | EPOLLET, EPOLLIN | EPOLLRDHUP | EPOLLPRI));

// A connection made while held is there when the listener serves again, with the program's data.
TEST_P(GateByKind, NothingFiresWhileHeldAndAllOfItAfterwards)
{
	Listener listener;
	Epoll epoll;

	ASSERT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), GetParam()), 0);
	EXPECT_EQ(epoll.Fired(), 0);
	listener.Hold();
	EXPECT_EQ(epoll.Fired(), 0);
	int client = ConnectTo(listener.socket()->listen_fd);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(epoll.Fired(), 0);
	EXPECT_FALSE(Accepts(listener.number()));
	EXPECT_TRUE(aet_gate_is_shut(listener.socket()));

	listener.Serve();
	EXPECT_FALSE(aet_gate_is_shut(listener.socket()));
	ASSERT_EQ(epoll.Fired(), 1);
	EXPECT_EQ(epoll.event.data.u64, kData);
	EXPECT_EQ(epoll.event.events, uint32_t{EPOLLIN});
	EXPECT_TRUE(Accepts(listener.number()));
	EXPECT_EQ(epoll.Fired(), 0);
	close(client);
}

// The event was there already, or even taken, when the gate shut.
TEST_P(GateByKind, AnEventInHandIsTakenBackAndComesAgain)
{
	Listener listener;
	Epoll epoll;

	ASSERT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), GetParam()), 0);
	int client = ConnectTo(listener.number());
	listener.Hold();
	EXPECT_EQ(epoll.Fired(), 0);
	EXPECT_FALSE(Accepts(listener.number()));
	listener.Serve();
	EXPECT_EQ(epoll.Fired(), 1);
	listener.Hold();
	EXPECT_EQ(epoll.Fired(), 0);
	listener.Serve();
	EXPECT_EQ(epoll.Fired(), 1); // nobody accepted it in between
	EXPECT_TRUE(Accepts(listener.number()));
	close(client);
}

TEST_P(GateByKind, HeldAndServedWithoutAClientNothingFires)
{
	Listener listener;
	Epoll epoll;

	ASSERT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), GetParam()), 0);
	for (int i = 0; i < 5; i++) {
		listener.Hold();
		EXPECT_EQ(epoll.Fired(), 0);
		listener.Serve();
		EXPECT_EQ(epoll.Fired(), 0);
	}
	int client = ConnectTo(listener.number());
	EXPECT_EQ(epoll.Fired(), 1);
	EXPECT_TRUE(Accepts(listener.number()));
	close(client);
}

TEST_P(GateByKind, MadeWhileHeldItFiresWhenServed)
{
	Listener listener;
	Epoll epoll;

	listener.Hold();
	ASSERT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), GetParam()), 0);
	int client = ConnectTo(listener.socket()->listen_fd);
	EXPECT_EQ(epoll.Fired(), 0);
	listener.Serve();
	ASSERT_EQ(epoll.Fired(), 1);
	EXPECT_EQ(epoll.event.data.u64, kData);
	EXPECT_TRUE(Accepts(listener.number()));
	// From then on like any other.
	listener.Hold();
	int second = ConnectTo(listener.socket()->listen_fd);
	EXPECT_EQ(epoll.Fired(), 0);
	listener.Serve();
	EXPECT_EQ(epoll.Fired(), 1);
	close(client);
	close(second);
}

TEST_P(GateByKind, DeletedWhileHeldItStaysDeleted)
{
	Listener listener;
	Epoll epoll;

	ASSERT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), GetParam()), 0);
	listener.Hold();
	EXPECT_EQ(epoll.Control(EPOLL_CTL_DEL, listener.number()), 0);
	EXPECT_EQ(epoll.Control(EPOLL_CTL_DEL, listener.number()), -ENOENT);
	EXPECT_EQ(epoll.Control(EPOLL_CTL_MOD, listener.number(), EPOLLIN), -ENOENT);
	int client = ConnectTo(listener.socket()->listen_fd);
	listener.Serve();
	EXPECT_EQ(epoll.Fired(), 0);
	EXPECT_EQ(epoll.Control(EPOLL_CTL_DEL, listener.number()), -ENOENT);
	EXPECT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), GetParam(), 5), 0);
	ASSERT_EQ(epoll.Fired(), 1);
	EXPECT_EQ(epoll.event.data.u64, 5u);
	close(client);
}

TEST_P(GateByKind, DeletedAndAddedAgainWhileHeldTheNewOneCounts)
{
	Listener listener;
	Epoll epoll;

	ASSERT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), GetParam()), 0);
	listener.Hold();
	EXPECT_EQ(epoll.Control(EPOLL_CTL_DEL, listener.number()), 0);
	EXPECT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), EPOLLIN, 9), 0);
	int client = ConnectTo(listener.socket()->listen_fd);
	EXPECT_EQ(epoll.Fired(), 0);
	listener.Serve();
	ASSERT_EQ(epoll.Fired(), 1);
	EXPECT_EQ(epoll.event.data.u64, 9u);
	close(client);
}

// The kernel would say EEXIST, but cannot know; what counts is that the listener is not lost.
TEST_P(GateByKind, AddedTwiceWhileHeldItStillFiresWhenServed)
{
	Listener listener;
	Epoll epoll;

	ASSERT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), GetParam()), 0);
	EXPECT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), GetParam()), -EEXIST);
	listener.Hold();
	EXPECT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), EPOLLIN, 3), 0);
	EXPECT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), EPOLLIN, 4), -EEXIST);
	EXPECT_EQ(epoll.Control(EPOLL_CTL_MOD, listener.number(), EPOLLIN, 5), 0);
	int client = ConnectTo(listener.socket()->listen_fd);
	EXPECT_EQ(epoll.Fired(), 0);
	listener.Serve();
	ASSERT_EQ(epoll.Fired(), 1);
	EXPECT_EQ(epoll.event.data.u64, 5u);
	EXPECT_TRUE(Accepts(listener.number()));
	EXPECT_EQ(epoll.Fired(), 0);
	close(client);
}

// Whatever the program has done to it while held, afterwards the kernel's answers are the usual ones.
TEST_P(GateByKind, ToggledWhileHeldNothingIsLeftBehind)
{
	for (int changes = 0; changes < 8; changes++) {
		Listener listener;
		Epoll epoll;
		bool there = true;

		ASSERT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), GetParam()), 0);
		for (int round = 0; round < 2; round++) {
			listener.Hold();
			for (int i = 0; i < changes; i++, there = !there)
				EXPECT_EQ(epoll.Control(there ? EPOLL_CTL_DEL : EPOLL_CTL_ADD,
						  listener.number(), GetParam(), 6),
					0)
					<< changes;
			int client = ConnectTo(listener.socket()->listen_fd);
			EXPECT_EQ(epoll.Fired(), 0);
			listener.Serve();
			EXPECT_EQ(epoll.Fired(), there ? 1 : 0) << changes;
			EXPECT_TRUE(Accepts(listener.number()));
			close(client);
		}
		if (there) {
			EXPECT_EQ(
				epoll.Control(EPOLL_CTL_ADD, listener.number(), EPOLLIN), -EEXIST);
			EXPECT_EQ(epoll.Control(EPOLL_CTL_DEL, listener.number()), 0);
		}
		EXPECT_EQ(epoll.Control(EPOLL_CTL_DEL, listener.number()), -ENOENT);
		EXPECT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), EPOLLIN), 0);
		close(listener.number());
	}
}

// Deleted, the epoll closed, a new one of the same number: that one has no registration yet.
TEST_P(GateByKind, AnotherEpollOfTheSameNumberWhileHeldGetsItsOwn)
{
	for (bool deleted : {true, false}) {
		Listener listener;
		Epoll other;
		int gone = epoll_create1(EPOLL_CLOEXEC);
		epoll_event event = {};

		event.events = GetParam();
		ASSERT_EQ(epoll_ctl(gone, EPOLL_CTL_ADD, listener.number(), &event), 0);
		listener.Hold();
		if (deleted) {
			EXPECT_EQ(epoll_ctl(gone, EPOLL_CTL_DEL, listener.number(), nullptr), 0);
		}
		close(gone);
		ASSERT_EQ(dup2(other.fd(), gone), gone);
		event.data.u64 = 8;
		EXPECT_EQ(epoll_ctl(gone, EPOLL_CTL_ADD, listener.number(), &event), 0);
		int client = ConnectTo(listener.socket()->listen_fd);
		EXPECT_EQ(other.Fired(), 0);
		listener.Serve();
		ASSERT_EQ(other.Fired(), 1);
		EXPECT_EQ(other.event.data.u64, 8u);
		EXPECT_EQ(epoll_ctl(gone, EPOLL_CTL_DEL, listener.number(), nullptr), 0);
		close(gone);
		close(client);
	}
}

TEST_F(Gate, ModifiedWhileHeldTheNewEventsCount)
{
	Listener listener;
	Epoll silent;
	Epoll spoken;

	ASSERT_EQ(silent.Control(EPOLL_CTL_ADD, listener.number(), EPOLLIN), 0);
	ASSERT_EQ(spoken.Control(EPOLL_CTL_ADD, listener.number(), 0), 0);
	listener.Hold();
	EXPECT_EQ(silent.Control(EPOLL_CTL_MOD, listener.number(), 0), 0);
	EXPECT_EQ(spoken.Control(EPOLL_CTL_MOD, listener.number(), EPOLLIN, 42), 0);
	int client = ConnectTo(listener.socket()->listen_fd);
	EXPECT_EQ(spoken.Fired(), 0);
	listener.Serve();
	EXPECT_EQ(silent.Fired(), 0);
	ASSERT_EQ(spoken.Fired(), 1);
	EXPECT_EQ(spoken.event.data.u64, 42u);
	close(client);
}

TEST_F(Gate, OneShotThatIsArmedAgainWhileHeldFiresOnceWhenServed)
{
	Listener listener;
	Epoll epoll;

	ASSERT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), EPOLLIN | EPOLLONESHOT), 0);
	int client = ConnectTo(listener.number());
	EXPECT_EQ(epoll.Fired(), 1);
	listener.Hold();
	EXPECT_EQ(epoll.Control(EPOLL_CTL_MOD, listener.number(), EPOLLIN | EPOLLONESHOT, 2), 0);
	EXPECT_EQ(epoll.Fired(), 0);
	listener.Serve();
	EXPECT_EQ(epoll.Fired(), 1);
	EXPECT_EQ(epoll.Fired(), 0);
	close(client);
}

// The epoll went away while the gate was shut; its number may be another one's by then.
TEST_F(Gate, AnEpollClosedWhileHeldHarmsNobody)
{
	Listener listener;
	Epoll other;
	int gone = epoll_create1(EPOLL_CLOEXEC);
	epoll_event event = {EPOLLIN, {}};

	ASSERT_EQ(epoll_ctl(gone, EPOLL_CTL_ADD, listener.number(), &event), 0);
	listener.Hold();
	close(gone);
	ASSERT_EQ(dup2(other.fd(), gone), gone);
	int client = ConnectTo(listener.socket()->listen_fd);
	listener.Serve();
	EXPECT_EQ(other.Fired(), 0);
	EXPECT_TRUE(Accepts(listener.number()));
	close(gone);
	close(client);
}

TEST_F(Gate, PollAndSelectSeeNothingWhileHeld)
{
	Listener listener;
	int client;

	listener.Hold();
	client = ConnectTo(listener.socket()->listen_fd);
	EXPECT_FALSE(Polls(listener.number()));
	EXPECT_FALSE(Selects(listener.number()));
	listener.Serve();
	EXPECT_TRUE(Polls(listener.number()));
	EXPECT_TRUE(Selects(listener.number()));
	close(client);
}

TEST_F(Gate, EveryNumberIsReplacedAndKeepsItsOwnCloseOnExec)
{
	Listener listener;
	int first = listener.number();
	int second = dup(first);
	int client;

	ASSERT_EQ(aet_socket_of(second), listener.socket());
	fcntl(first, F_SETFD, FD_CLOEXEC);
	for (int i = 0; i < 2; i++) {
		listener.Hold();
		EXPECT_EQ(fcntl(first, F_GETFD), FD_CLOEXEC);
		EXPECT_EQ(fcntl(second, F_GETFD), 0);
		client = ConnectTo(listener.socket()->listen_fd);
		EXPECT_FALSE(Accepts(first));
		EXPECT_FALSE(Accepts(second));
		listener.Serve();
		EXPECT_EQ(fcntl(first, F_GETFD), FD_CLOEXEC);
		EXPECT_EQ(fcntl(second, F_GETFD), 0);
		EXPECT_TRUE(Accepts(second));
		close(client);
	}
	// What is changed while held stays changed.
	listener.Hold();
	fcntl(first, F_SETFD, 0);
	listener.Serve();
	EXPECT_EQ(fcntl(first, F_GETFD), 0);
}

// Another generation made the shared description blocking meanwhile.
TEST_F(Gate, NonBlockingIsPutBackWhenServed)
{
	for (bool nonblocking : {true, false}) {
		Listener listener(Listener::kTcp, nonblocking);

		listener.Hold();
		EXPECT_EQ(aet_fd_is_nonblocking(listener.number()), nonblocking);
		aet_fd_set_nonblocking(listener.socket()->listen_fd, !nonblocking);
		listener.Serve();
		EXPECT_EQ(aet_fd_is_nonblocking(listener.number()), nonblocking);
		// The program's own change while held goes along.
		listener.Hold();
		aet_fd_set_nonblocking(listener.number(), !nonblocking);
		listener.Serve();
		EXPECT_EQ(aet_fd_is_nonblocking(listener.number()), !nonblocking);
	}
}

TEST_F(Gate, OptionsArePutBackWhenServed)
{
	Listener listener;
	int on = 1;
	int off = 0;
	socklen_t length = sizeof(on);

	setsockopt(listener.number(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	listener.Hold();
	setsockopt(listener.socket()->listen_fd, SOL_SOCKET, SO_KEEPALIVE, &off, sizeof(off));
	// What the program sets now is not its to set; what it reads is the listener's.
	EXPECT_EQ(setsockopt(listener.number(), SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on)), 0);
	EXPECT_EQ(getsockopt(listener.number(), SOL_SOCKET, SO_OOBINLINE, &off, &length), 0);
	EXPECT_EQ(off, 0);
	listener.Serve();
	EXPECT_EQ(getsockopt(listener.number(), SOL_SOCKET, SO_KEEPALIVE, &on, &length), 0);
	EXPECT_EQ(on, 1);
}

// A gated datagram socket stays at its number, because answers leave through it.
TEST_F(Gate, DatagramsWaitUnseenWhileHeld)
{
	Listener listener(Listener::kUdp);
	Epoll epoll;
	char byte = 'x';

	ASSERT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), EPOLLIN), 0);
	int other = open("/dev/null", O_RDONLY);
	listener.Hold();
	EXPECT_EQ(aet_hidden, 1);
	EXPECT_TRUE(aet_gate_is_shut(listener.socket()));
	int client = ConnectTo(listener.number());
	ASSERT_EQ(send(client, &byte, 1, 0), 1);
	EXPECT_EQ(epoll.Fired(), 0);
	(void)Join();
	EXPECT_FALSE(Polls(listener.number()));
	EXPECT_FALSE(Selects(listener.number()));
	// The other entries of the same call count as ever, and all come back as they were.
	pollfd entries[] = {{listener.number(), POLLIN, 0}, {other, POLLIN, 0}};
	EXPECT_EQ(poll(entries, 2, 0), 1);
	EXPECT_EQ(entries[0].fd, listener.number());
	EXPECT_EQ(entries[0].revents, 0);
	EXPECT_EQ(entries[1].revents, POLLIN);

	listener.Serve();
	EXPECT_EQ(aet_hidden, 0);
	EXPECT_EQ(epoll.Fired(), 1);
	EXPECT_TRUE(Polls(listener.number()));
	EXPECT_TRUE(Selects(listener.number()));
	EXPECT_EQ(recv(listener.number(), &byte, 1, 0), 1);
	close(other);
	close(client);
}

TEST_F(Gate, ADatagramSocketDeletedAndAddedWhileHeldFiresWhenServed)
{
	Listener listener(Listener::kUdp);
	Epoll epoll;

	ASSERT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), EPOLLIN), 0);
	listener.Hold();
	EXPECT_EQ(epoll.Control(EPOLL_CTL_DEL, listener.number()), 0);
	EXPECT_EQ(epoll.Control(EPOLL_CTL_DEL, listener.number()), -ENOENT);
	EXPECT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), EPOLLIN, 2), 0);
	int client = ConnectTo(listener.number());
	ASSERT_EQ(send(client, "x", 1, 0), 1);
	EXPECT_EQ(epoll.Fired(), 0);
	listener.Serve();
	ASSERT_EQ(epoll.Fired(), 1);
	EXPECT_EQ(epoll.event.data.u64, 2u);
	close(client);
}

// Freed while held: poll and select must not go on leaving something out.
TEST_F(Gate, AHeldDatagramSocketThatIsClosedIsNoLongerHidden)
{
	Listener listener(Listener::kUdp);

	listener.Hold();
	EXPECT_EQ(aet_hidden, 1);
	close(listener.number());
	EXPECT_EQ(aet_hidden, 0);
	EXPECT_EQ(listener.socket()->state, AET_SOCKET_FREE);
}

// Adopted: bind() was answered, the program had registered its own socket before.
TEST_F(Gate, AnAdoptedSocketTakesItsRegistrationsAndOptionsAlong)
{
	Listener listener;
	aet_socket *sock = listener.socket();
	Epoll epoll;
	int on = 1;
	socklen_t length = sizeof(on);

	// The program's own socket, never bound, at the number; the kept one is sock->listen_fd.
	int own = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(own, IPPROTO_IP, IP_TTL, &(on = 44), sizeof(on));
	ASSERT_GE(AET_SYS2(dup2, own, listener.number()), 0);
	(void)AET_SYS1(close, own);
	sock->state = AET_SOCKET_BOUND;
	sock->adopted = true;
	ASSERT_EQ(epoll.Control(EPOLL_CTL_ADD, listener.number(), EPOLLIN), 0);
	(void)epoll.Fired();

	uint64_t mask;
	aet_lock(&mask);
	sock->orig_fd = aet_fd_hide(listener.number(), false);
	sock->state = AET_SOCKET_LIVE;
	sock->held = true;
	aet_fd_set_nonblocking(sock->placeholder_fd, true);
	aet_gate_use_placeholder(sock);
	aet_unlock(&mask);
	int client = ConnectTo(sock->listen_fd);
	EXPECT_EQ(epoll.Fired(), 0);
	EXPECT_FALSE(Accepts(listener.number()));
	EXPECT_EQ(getsockopt(listener.number(), IPPROTO_IP, IP_TTL, &on, &length), 0);
	EXPECT_EQ(on, 44);

	listener.Serve();
	EXPECT_EQ(sock->orig_fd, -1);
	ASSERT_EQ(epoll.Fired(), 1);
	EXPECT_EQ(epoll.event.data.u64, kData);
	EXPECT_TRUE(Accepts(listener.number()));
	EXPECT_EQ(getsockopt(sock->listen_fd, IPPROTO_IP, IP_TTL, &on, &length), 0);
	EXPECT_EQ(on, 44);
	close(client);
}

// FD 3, 4, ... of a program that bound for itself are closed, those it used are not.
TEST_F(Gate, InheritedDescriptorsNobodyUsedAreClosed)
{
	Listener listener;
	int limit = 3 + 61;
	int spare = fcntl(listener.number(), F_DUPFD, 10);
	int used = fcntl(listener.number(), F_DUPFD, 10);

	aet_lib.inherited_fds = limit - 3;
	ASSERT_LT(used, limit);
	aet_mark_set(spare, AET_MARK_UNCLAIMED);
	aet_gate_close_inherited();
	EXPECT_TRUE(IsOpen(spare)); // nothing was adopted: the program may yet use them
	listener.socket()->adopted = true;
	aet_gate_close_inherited();
	EXPECT_FALSE(IsOpen(spare));
	EXPECT_EQ(aet_mark(spare), AET_MARK_NONE);
	EXPECT_TRUE(IsOpen(used));
	EXPECT_TRUE(IsOpen(listener.number()));
	EXPECT_EQ(aet_lib.inherited_fds, 0);
}

} // namespace aet
