// Options of sockets: what one socket carries comes out on another, and nothing else changes.
#include "library.h"

#include <cerrno>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <unistd.h>

namespace aet
{

class SocketOptions : public Library
{
};

static int Get(int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof(value);

	EXPECT_EQ(getsockopt(fd, level, name, &value, &length), 0);
	return value;
}

static void Set(int fd, int level, int name, int value)
{
	EXPECT_EQ(setsockopt(fd, level, name, &value, sizeof(value)), 0);
}

class Pair
{
      public:
	Pair(int family, int type)
	    : from(socket(family, type | SOCK_CLOEXEC, 0)),
	      to(socket(family, type | SOCK_CLOEXEC, 0))
	{
	}
	~Pair()
	{
		close(from);
		close(to);
	}
	void Carry() const
	{
		aet_options options = {};

		aet_options_read(from, &options);
		EXPECT_TRUE(options.known);
		aet_options_write(to, &options);
	}
	int from;
	int to;
};

TEST_F(SocketOptions, CarriesTcpOptions)
{
	const struct {
		int level;
		int name;
		int value;
	} rows[] = {
		{SOL_SOCKET, SO_KEEPALIVE, 1},
		{SOL_SOCKET, SO_OOBINLINE, 1},
		{SOL_SOCKET, SO_RCVLOWAT, 77},
		{SOL_SOCKET, SO_PRIORITY, 3},
		{SOL_SOCKET, SO_TIMESTAMP, 1},
		{IPPROTO_TCP, TCP_NODELAY, 1},
		{IPPROTO_TCP, TCP_CORK, 1},
		{IPPROTO_TCP, TCP_DEFER_ACCEPT, 7},
		{IPPROTO_TCP, TCP_KEEPIDLE, 11},
		{IPPROTO_TCP, TCP_KEEPINTVL, 12},
		{IPPROTO_TCP, TCP_KEEPCNT, 4},
		{IPPROTO_TCP, TCP_LINGER2, 9},
		{IPPROTO_TCP, TCP_SYNCNT, 2},
		{IPPROTO_TCP, TCP_USER_TIMEOUT, 4321},
		{IPPROTO_TCP, TCP_NOTSENT_LOWAT, 8192},
		{IPPROTO_IP, IP_TOS, 0x10},
		{IPPROTO_IP, IP_TTL, 33},
	};

	for (const auto &row : rows) {
		Pair pair(AF_INET, SOCK_STREAM);

		Set(pair.from, row.level, row.name, row.value);
		int there = Get(pair.from, row.level, row.name);
		EXPECT_NE(Get(pair.to, row.level, row.name), there) << row.level << ":" << row.name;
		pair.Carry();
		EXPECT_EQ(Get(pair.to, row.level, row.name), there) << row.level << ":" << row.name;
	}
}

TEST_F(SocketOptions, CarriesOptionsThatAreNoNumber)
{
	Pair pair(AF_INET, SOCK_STREAM);
	linger lingering = {1, 5};
	timeval patience = {7, 500000};
	socklen_t length = sizeof(lingering);

	setsockopt(pair.from, SOL_SOCKET, SO_LINGER, &lingering, sizeof(lingering));
	setsockopt(pair.from, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	pair.Carry();
	lingering = {};
	getsockopt(pair.to, SOL_SOCKET, SO_LINGER, &lingering, &length);
	EXPECT_EQ(lingering.l_onoff, 1);
	EXPECT_EQ(lingering.l_linger, 5);
	patience = {};
	length = sizeof(patience);
	getsockopt(pair.to, SOL_SOCKET, SO_RCVTIMEO, &patience, &length);
	EXPECT_EQ(patience.tv_sec, 7);
	EXPECT_EQ(patience.tv_usec, 500000);
}

TEST_F(SocketOptions, AConnectionBeginsWithItsListeners)
{
	Pair pair(AF_INET, SOCK_STREAM); // from: the listener's, to: the connection's
	timeval patience = {7, 0};
	socklen_t length = sizeof(patience);

	Set(pair.from, IPPROTO_TCP, TCP_NODELAY, 1);
	Set(pair.to, IPPROTO_TCP, TCP_CORK, 1);
	Set(pair.to, SOL_SOCKET, SO_RCVBUF, 20000);
	setsockopt(pair.to, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	aet_options_inherit(pair.from, pair.to);
	EXPECT_EQ(Get(pair.to, IPPROTO_TCP, TCP_NODELAY), 1);
	EXPECT_EQ(Get(pair.to, IPPROTO_TCP, TCP_CORK), 0);
	EXPECT_EQ(Get(pair.to, SOL_SOCKET, SO_RCVBUF), 40000) << "grows by itself: left alone";
	getsockopt(pair.to, SOL_SOCKET, SO_RCVTIMEO, &patience, &length);
	EXPECT_EQ(patience.tv_sec, 0);
}

// unix(7): accept() makes a new socket, which has nothing of the listener's.
TEST_F(SocketOptions, AUnixConnectionBeginsWithNone)
{
	Pair pair(AF_UNIX, SOCK_STREAM);
	timeval patience = {7, 0};
	socklen_t length = sizeof(patience);

	setsockopt(pair.to, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	Set(pair.to, SOL_SOCKET, SO_KEEPALIVE, 1);
	aet_options_inherit(-1, pair.to);
	getsockopt(pair.to, SOL_SOCKET, SO_SNDTIMEO, &patience, &length);
	EXPECT_EQ(patience.tv_sec, 0);
	EXPECT_EQ(Get(pair.to, SOL_SOCKET, SO_KEEPALIVE), 0);
}

// The kernel reports twice what was set: carried ten times over, a buffer has not grown.
TEST_F(SocketOptions, BuffersDoNotGrow)
{
	Pair pair(AF_INET, SOCK_DGRAM);

	Set(pair.from, SOL_SOCKET, SO_RCVBUF, 20000);
	Set(pair.from, SOL_SOCKET, SO_SNDBUF, 30000);
	for (int i = 0; i < 10; i++) {
		pair.Carry();
		std::swap(pair.from, pair.to);
	}
	EXPECT_EQ(Get(pair.to, SOL_SOCKET, SO_RCVBUF), 40000);
	EXPECT_EQ(Get(pair.from, SOL_SOCKET, SO_RCVBUF), 40000);
	EXPECT_EQ(Get(pair.from, SOL_SOCKET, SO_SNDBUF), 60000);
}

TEST_F(SocketOptions, CarriesSixAndUnixOptions)
{
	Pair six(AF_INET6, SOCK_DGRAM);
	Pair local(AF_UNIX, SOCK_STREAM);

	Set(six.from, IPPROTO_IPV6, IPV6_TCLASS, 0x20);
	Set(six.from, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9);
	Set(six.from, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	six.Carry();
	EXPECT_EQ(Get(six.to, IPPROTO_IPV6, IPV6_TCLASS), 0x20);
	EXPECT_EQ(Get(six.to, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 9);
	EXPECT_EQ(Get(six.to, IPPROTO_IPV6, IPV6_RECVPKTINFO), 1);

	Set(local.from, SOL_SOCKET, SO_PASSCRED, 1);
	local.Carry();
	EXPECT_EQ(Get(local.to, SOL_SOCKET, SO_PASSCRED), 1);
}

TEST_F(SocketOptions, NonBlockingFollowsBothWays)
{
	Pair pair(AF_INET, SOCK_STREAM);

	aet_fd_set_nonblocking(pair.from, true);
	pair.Carry();
	EXPECT_TRUE(aet_fd_is_nonblocking(pair.to));
	aet_fd_set_nonblocking(pair.from, false);
	pair.Carry();
	EXPECT_FALSE(aet_fd_is_nonblocking(pair.to));
	// Other status flags stay.
	fcntl(pair.to, F_SETFL, O_APPEND);
	aet_fd_set_nonblocking(pair.to, true);
	EXPECT_EQ(fcntl(pair.to, F_GETFL) & (O_APPEND | O_NONBLOCK), O_APPEND | O_NONBLOCK);
	EXPECT_FALSE(aet_fd_is_nonblocking(-1));
}

// A descriptor that is no socket any more: nothing is known, nothing is written, nothing breaks.
TEST_F(SocketOptions, NoSocketHasNoOptions)
{
	aet_options options = {};
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	aet_options_read(fd, &options);
	for (const aet_option &value : options.values)
		EXPECT_EQ(value.length, 0u);
	aet_options_read(-1, &options);
	aet_options_write(-1, &options);
	aet_options_write(fd, &options);
	close(fd);
}

} // namespace aet
