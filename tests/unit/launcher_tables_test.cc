/*
 * The launcher's tables, each at its last place and one beyond: listeners, placeholders, members,
 * and clients that ask nothing. In a forked child each, because the tables are the process's own.
 * The library's tables: preload/table_test.cc.
 */
#include <arpa/inet.h>
#include <atomic>
#include <errno.h>
#include <fcntl.h>
#include <functional>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "in_child.h"

/* C's atomics by C++'s, which have the same layout; C++17 has no stdatomic.h. */
#define _Atomic(type) std::atomic<type>
using std::atomic_compare_exchange_weak;
using std::atomic_load;

extern "C" {
#include "control/control.h"
#include "listen/listener.h"
#include "listen/placeholder.h"
#include "base/loop.h"
#include "process/member.h"
#include "service/service.h"
}

namespace
{

int listening_socket()
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return listen(fd, 1) == 0 ? fd : -1;
}

aet_address loopback()
{
	aet_address address = {};
	sockaddr_in in = {};

	in.sin_family = AF_INET;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memcpy(address.bytes, &in, sizeof(in));
	address.family = AF_INET;
	address.type = SOCK_STREAM;
	address.length = sizeof(in);
	return address;
}

/* Room for everything a limit allows. */
bool raise_descriptors(rlim_t wanted)
{
	rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == wanted;
}

TEST(LauncherTables, Listeners)
{
	EXPECT_EQ(in_child([] {
		aet_address address = loopback();
		aet_listener *last = nullptr;

		for (int i = 0; i < AET_LISTENERS_MAX; i++) {
			last = aet_listener_keep(listening_socket(), &address, 0, 1);
			WANT(last && aet_listener_id(last) == static_cast<uint32_t>(i));
		}
		int fd = listening_socket();
		WANT(aet_listener_keep(fd, &address, 0, 1) == nullptr);
		WANT(fcntl(fd, F_GETFD) >= 0); /* left alone */
		aet_listener *opened = nullptr;
		WANT(aet_listener_open(&address, &opened) == -ENOSPC && opened == nullptr);
		WANT(aet_listener_count() == AET_LISTENERS_MAX);
		WANT(aet_listener_get(AET_LISTENERS_MAX - 1) == last);
		WANT(aet_listener_get(AET_LISTENERS_MAX) == nullptr);
		WANT(aet_listener_get(UINT32_MAX) == nullptr);
		aet_listener_drop(aet_listener_get(7));
		WANT(aet_listener_keep(fd, &address, 0, 1) == aet_listener_get(7));
		return 0;
	}),
		0);
}

TEST(LauncherTables, StandinsOfAListener)
{
	EXPECT_EQ(in_child([] {
		aet_address address = loopback();
		aet_listener *listener = aet_listener_keep(listening_socket(), &address, 0, 1);
		int first = aet_listener_placeholder(listener, 1);

		for (uint32_t generation = 2; generation <= AET_PLACEHOLDERS_MAX; generation++)
			WANT(aet_listener_placeholder(listener, generation) > first);
		WANT(aet_listener_placeholder(listener, AET_PLACEHOLDERS_MAX + 1) == -ENOSPC);
		WANT(aet_listener_placeholder(listener, 1) == first); /* made once */
		aet_listener_forget_generation(1);
		WANT(fcntl(first, F_GETFD) < 0);
		WANT(aet_listener_placeholder(listener, AET_PLACEHOLDERS_MAX + 1) >= 0);
		return 0;
	}),
		0);
}

/* The kernel keeps the length of the queue in a field of another use, see tcp(7) and ss(8). */
unsigned backlog_of(int fd)
{
	tcp_info info = {};
	socklen_t length = sizeof(info);

	getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
	return info.tcpi_sacked;
}

TEST(LauncherTables, RaisedBacklogs)
{
	EXPECT_EQ(in_child([] {
		aet_address address = loopback();
		aet_listener *listener = aet_listener_keep(listening_socket(), &address, 0, 1);
		int fd = open("/proc/sys/net/core/somaxconn", O_RDONLY | O_CLOEXEC);
		char text[16] = "";
		WANT(read(fd, text, sizeof(text) - 1) > 0);
		unsigned system = static_cast<unsigned>(atoi(text));

		WANT(backlog_of(listener->fd) == 1);
		aet_listener_raise_backlogs();
		WANT(backlog_of(listener->fd) ==
			(system < AET_RAISED_BACKLOG ? system : AET_RAISED_BACKLOG));
		aet_listener_restore_backlogs();
		WANT(backlog_of(listener->fd) == 1);
		listener->backlog = -1; /* not known: stays raised */
		aet_listener_raise_backlogs();
		aet_listener_restore_backlogs();
		WANT(backlog_of(listener->fd) > 1);
		return 0;
	}),
		0);
}

TEST(LauncherTables, Members)
{
	EXPECT_EQ(in_child([] {
		int ends[2];

		WANT(raise_descriptors(AET_MEMBERS_MAX + 200));
		WANT(aet_loop_init() == 0);
		WANT(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0);
		for (int i = 0; i < AET_MEMBERS_MAX; i++)
			WANT(aet_member_add(dup(ends[0]), 100000 + i, 1 + i % 2) != nullptr);
		WANT(aet_member_add(ends[0], 1, 1) == nullptr);
		WANT(fcntl(ends[0], F_GETFD) >= 0);
		int found = 0;
		aet_members_visit(
			1, [](const aet_member *, void *data) { ++*static_cast<int *>(data); },
			&found);
		WANT(found == AET_MEMBERS_MAX / 2);
		WANT(aet_member_generation(100000 + AET_MEMBERS_MAX - 1) == 2);
		WANT(aet_member_generation(1) == 0);
		return 0;
	}),
		0);
}

/* A launcher that does nothing but answer its sockets. */
class Answering
{
      public:
	Answering() : name_("aeterna-test-" + std::to_string(getpid()))
	{
		int ready[2];
		char byte;

		EXPECT_EQ(pipe(ready), 0);
		pid_ = fork();
		if (pid_ == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			int null = open("/dev/null", O_WRONLY);
			dup2(null, 2);
			snprintf(aet_service.control_name, sizeof(aet_service.control_name), "%s",
				name_.c_str());
			if (aet_loop_init() < 0 || aet_control_open("/nowhere/aeterna.yaml") < 0)
				_exit(1);
			(void)!write(ready[1], "x", 1);
			aet_loop_run();
			_exit(0);
		}
		close(ready[1]);
		EXPECT_EQ(read(ready[0], &byte, 1), 1);
		close(ready[0]);
	}
	~Answering()
	{
		kill(pid_, SIGKILL);
		waitpid(pid_, nullptr, 0);
	}
	int connect_one() const
	{
		sockaddr_un un = {};
		int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

		un.sun_family = AF_UNIX;
		memcpy(un.sun_path + 1, name_.data(), name_.size());
		EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr *>(&un),
				  static_cast<socklen_t>(
					  offsetof(sockaddr_un, sun_path) + 1 + name_.size())),
			0);
		return fd;
	}

      private:
	std::string name_;
	pid_t pid_;
};

bool ends_within(int fd, int milliseconds)
{
	pollfd entry = {fd, POLLIN, 0};
	char byte;

	return poll(&entry, 1, milliseconds) == 1 && recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

/* One too many: the oldest goes, the others stay until their patience is at an end. */
TEST(LauncherTables, ClientsThatAskNothing)
{
	Answering launcher;
	std::vector<int> clients;
	timespec start;
	timespec end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < AET_CLIENTS_MAX; i++)
		clients.push_back(launcher.connect_one());
	EXPECT_FALSE(ends_within(clients[0], 100));
	clients.push_back(launcher.connect_one());
	EXPECT_TRUE(ends_within(clients[0], 2000));
	EXPECT_FALSE(ends_within(clients[1], 100));
	clients.push_back(launcher.connect_one());
	EXPECT_TRUE(ends_within(clients[1], 2000));
	for (size_t i = 2; i < clients.size(); i++)
		EXPECT_TRUE(ends_within(clients[i], 2 * AET_CLIENT_PATIENCE_MS)) << i;
	clock_gettime(CLOCK_MONOTONIC, &end);
	EXPECT_GE((end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000,
		AET_CLIENT_PATIENCE_MS);
	for (int fd : clients)
		close(fd);
}

} // namespace
