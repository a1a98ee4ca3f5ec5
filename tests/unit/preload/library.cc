#include "library.h"

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

namespace aet
{

// Nothing in here may go through the hooks, which take the lock themselves; the kernel's own calls
// are AET_SYS's, as syscall(2) has a hook, too.
static void Lock(const std::function<void()> &inside)
{
	uint64_t mask;

	aet_lock(&mask);
	inside();
	aet_unlock(&mask);
}

Library::Library()
{
	aet_lib.owner = getpid();
	aet_lib.generation = 1;
	aet_lib.credential.generation = 1;
	aet_lib.active = true;
}

Library::~Library()
{
	Lock([] {
		for (aet_socket &sock : aet_sockets)
			if (sock.state != AET_SOCKET_FREE) {
				for (int i = 0; i < sock.fd_count; i++)
					(void)AET_SYS1(close, sock.fds[i]);
				aet_socket_free(&sock);
			}
		for (aet_watch &watch : aet_watches)
			watch = {};
		for (int fd = 0; fd < AET_FDS_MAX; fd++) {
			if (aet_mark(fd) == AET_MARK_INTERNAL)
				(void)AET_SYS1(close, fd);
			aet_mark_set(fd, AET_MARK_NONE);
			aet_any_port_set(fd, false);
		}
		AET_WRITE(aet_lib.lifeline, -1);
		if (aet_lib.page)
			munmap(aet_lib.page, AET_PAGE_SIZE);
		AET_WRITE(aet_lib.page, static_cast<aet_page *>(nullptr));
	});
	aet_lib.inherited_fds = 0;
	aet_lib.control[0] = '\0';
	aet_lib.active = false;
	EXPECT_EQ(aet_hidden, 0);
	EXPECT_EQ(aet_attention, 0);
}

aet_page *Library::MapPage(uint64_t word)
{
	void *page = mmap(
		nullptr, AET_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	aet_page *fresh = static_cast<aet_page *>(page);

	fresh->magic = AET_PAGE_MAGIC;
	fresh->version = AET_PAGE_VERSION;
	fresh->word = word;
	AET_WRITE(aet_lib.page, fresh);
	return fresh;
}

int Library::Join()
{
	int ends[2];

	EXPECT_EQ(aet_signals_install(), 0);
	EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	AET_WRITE(aet_lib.lifeline, aet_fd_hide(ends[0], true));
	aet_signals_attach(aet_lib.lifeline);
	return ends[1];
}

void Library::Reconcile()
{
	Lock(aet_reconcile_locked);
}

int MakeStandin(int type)
{
	sockaddr_un any = {};
	int fd = ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	any.sun_family = AF_UNIX;
	EXPECT_EQ(AET_SYS3(bind, fd, &any, sizeof(any.sun_family)), 0);
	if (type != SOCK_DGRAM) {
		EXPECT_EQ(AET_SYS2(listen, fd, 0), 0);
	}
	return fd;
}

// Made by the kernel's calls: what the hooks do about it is not wanted here.
Listener::Listener(Kind kind, bool nonblocking)
{
	int type = kind == kTcp ? SOCK_STREAM : SOCK_DGRAM;
	sockaddr_in any = {};

	any.sin_family = AF_INET;
	any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	number_ = ::socket(AF_INET, type | (nonblocking ? SOCK_NONBLOCK : 0), 0);
	EXPECT_EQ(AET_SYS3(bind, number_, &any, sizeof(any)), 0);
	if (kind == kTcp) {
		EXPECT_EQ(AET_SYS2(listen, number_, 64), 0);
	}
	int placeholder = MakeStandin(type);

	Lock([&] {
		sock_ = aet_socket_new();
		ASSERT_NE(sock_, nullptr);
		sock_->state = AET_SOCKET_LIVE;
		sock_->datagram = kind == kUdp;
		sock_->kick = true;
		sock_->address.family = AF_INET;
		sock_->address.type = static_cast<uint16_t>(type);
		sock_->placeholder_fd = aet_fd_hide(placeholder, true);
		sock_->listen_fd = aet_fd_hide(number_, false);
		ASSERT_TRUE(aet_socket_add_fd(sock_, number_));
	});
}

void Listener::Hold()
{
	Lock([&] { aet_gate_hold(sock_); });
}

void Listener::Serve()
{
	Lock([&] { aet_gate_serve(sock_); });
}

int ConnectTo(int fd)
{
	sockaddr_in address = {};
	socklen_t length = sizeof(address);
	int type = 0;
	socklen_t type_length = sizeof(type);

	(void)AET_SYS3(getsockname, fd, &address, &length);
	(void)AET_SYS5(getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &type_length);
	int client = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	EXPECT_EQ(connect(client, reinterpret_cast<sockaddr *>(&address), length), 0)
		<< strerror(errno);
	return client;
}

int LowestFree()
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)AET_SYS1(close, fd);
	return fd;
}

bool IsOpen(int fd)
{
	return AET_SYS3(fcntl, fd, F_GETFD, 0) >= 0;
}

Sleeper::Sleeper(const std::function<long()> &call)
    : thread_([this, call] {
	      tid_ = static_cast<int>(AET_SYS0(gettid));
	      errno = 0;
	      result_ = call();
	      error_ = errno;
	      back_ = true;
      })
{
}

Sleeper::~Sleeper()
{
	if (thread_.joinable())
		thread_.join();
}

bool Sleeper::IsIn(long number) const
{
	std::string task = "/proc/self/task/" + std::to_string(tid_);
	std::string text = ReadFile(task + "/syscall");

	return tid_ != 0 && text.compare(0, 7, "running") != 0 &&
		strtol(text.c_str(), nullptr, 10) == number;
}

long Sleeper::Switches() const
{
	std::string status = ReadFile("/proc/self/task/" + std::to_string(tid_) + "/status");
	size_t at = status.find("\nvoluntary_ctxt_switches:");

	return at == std::string::npos ? -1 : strtol(status.c_str() + at + 25, nullptr, 10);
}

void Sleeper::Kick(long number)
{
	long before = Switches();

	(void)AET_SYS3(tgkill, aet_lib.owner, tid_.load(), aet_lib.signal);
	EXPECT_TRUE(Eventually([&] { return back_ || (Switches() > before && IsIn(number)); }));
}

void Sleeper::Signal(int signal) const
{
	(void)AET_SYS3(tgkill, AET_SYS0(getpid), tid_.load(), signal);
}

long Sleeper::Result()
{
	thread_.join();
	return result_;
}

} // namespace aet
