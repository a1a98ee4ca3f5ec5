// What stands at a generation's descriptor of a listener, and the door in it.
#include <atomic>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/* C's atomics by C++'s, which have the same layout; C++17 has no stdatomic.h. */
#define _Atomic(type) std::atomic<type>

extern "C" {
#include "address.h"
#include "address_parse.h"
#include "listen/placeholder.h"
}

namespace aet
{

static const aet_placeholder &PlaceholderOf(const aet_listener *listener, uint32_t generation)
{
	static const aet_placeholder none = {};

	for (const aet_placeholder &one : listener->placeholders)
		if (one.generation == generation)
			return one;
	return none;
}

static aet_listener *Open(const char *text)
{
	aet_address address;
	aet_listener *listener = nullptr;

	EXPECT_EQ(aet_address_parse(text, &address, nullptr), 0);
	EXPECT_EQ(aet_listener_open(&address, &listener), 0) << text;
	return listener;
}

// Whether a client comes through within the time that a SYN on the loopback needs.
static bool Connects(const aet_door &door)
{
	sockaddr_in name = {};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	pollfd ready = {fd, POLLOUT, 0};
	bool done;

	name.sin_family = AF_INET;
	name.sin_port = htons(door.port);
	name.sin_addr.s_addr = door.ip;
	done = connect(fd, reinterpret_cast<sockaddr *>(&name), sizeof(name)) == 0 ||
		(poll(&ready, 1, 100) > 0 && !(ready.revents & POLLERR));
	close(fd);
	return done;
}

TEST(Placeholder, ATcpDoorTakesNobodyBeforeItIsOpened)
{
	aet_listener *listener = Open("tcp://127.0.0.1:0");
	int fd = aet_listener_placeholder(listener, 7);
	const aet_door &door = PlaceholderOf(listener, 7).door;

	ASSERT_GE(fd, 0);
	EXPECT_EQ(aet_listener_placeholder(listener, 7), fd);
	EXPECT_EQ(ntohl(door.ip) >> 22, 127u << 2 | 1u) << "127.64.0.0/10";
	EXPECT_EQ(door.port, aet_address_port(&listener->address));
	EXPECT_FALSE(door.is_open);
	EXPECT_FALSE(Connects(door));
	EXPECT_FALSE(aet_listener_is_knocked_at(listener, 7));
	EXPECT_EQ(aet_listener_open_door(listener, 8), -ENOENT);
	EXPECT_EQ(aet_listener_open_door(listener, 7), 0);
	EXPECT_TRUE(Connects(door));
	EXPECT_TRUE(aet_listener_is_knocked_at(listener, 7));
	aet_listener_forget_generation(7);
	EXPECT_EQ(PlaceholderOf(listener, 7).fd, 0);
	aet_listener_drop(listener);
}

TEST(Placeholder, TakesNoPortOfAListenerOnEveryAddress)
{
	aet_listener *listener = Open("tcp://0.0.0.0:0");

	ASSERT_GE(aet_listener_placeholder(listener, 7), 0);
	EXPECT_NE(PlaceholderOf(listener, 7).door.port, 0);
	aet_listener_drop(listener);
}

TEST(Placeholder, AUnixDoorHasANameOfTheKernels)
{
	aet_listener *listener = Open("unix://@aeterna-test-placeholder");

	ASSERT_GE(aet_listener_placeholder(listener, 7), 0);
	EXPECT_TRUE(PlaceholderOf(listener, 7).door.has_name);
	EXPECT_EQ(PlaceholderOf(listener, 7).door.name[0], 0);
	aet_listener_drop(listener);
}

TEST(Placeholder, IsBoundUntilItIsNot)
{
	aet_listener *listener = Open("tcp://127.0.0.1:0");
	uint32_t inodes[2];

	ASSERT_GE(aet_listener_placeholder(listener, 7), 0);
	EXPECT_FALSE(aet_listener_is_bound(listener, 7, inodes));
	aet_listener_bind(listener, 7);
	EXPECT_TRUE(aet_listener_is_bound(listener, 7, inodes));
	EXPECT_NE(inodes[0], inodes[1]);
	aet_listener_unbind(listener, 7);
	EXPECT_FALSE(aet_listener_is_bound(listener, 7, inodes));
	aet_listener_drop(listener);
}

} // namespace aet
