// Threads asleep in a system call when the library's signal comes: none of them sees EINTR, and
// what they waited for is waited for on.
#include "library.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <poll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

// One stub for every system call, its number in a register, as musl has it.
extern "C" long common_stub(long number, long a, long b, long c, long d, long e);
asm(".text\n"
    ".type common_stub, @function\n"
    "	.skip 64, 0x90\n"
    "common_stub:\n"
    "	mov %rdi, %rax\n"
    "	mov %rsi, %rdi\n"
    "	mov %rdx, %rsi\n"
    "	mov %rcx, %rdx\n"
    "	mov %r8, %r10\n"
    "	mov %r9, %r8\n"
    "	syscall\n"
    "	ret\n"
    ".size common_stub, .-common_stub\n");

namespace aet
{

using Clock = std::chrono::steady_clock;

class Context : public Library
{
      protected:
	Context() : launcher_(Join()), epfd_(epoll_create1(EPOLL_CLOEXEC))
	{
	}
	~Context() override
	{
		close(launcher_);
		close(epfd_);
	}
	void Watch(int fd, uint64_t data = 7) const
	{
		epoll_event event = {};

		event.events = EPOLLIN;
		event.data.u64 = data;
		ASSERT_EQ(epoll_ctl(epfd_, EPOLL_CTL_ADD, fd, &event), 0);
	}
	static long Since(Clock::time_point start)
	{
		return std::chrono::duration_cast<Milliseconds>(Clock::now() - start).count();
	}
	// A wait without events is interrupted twice and still takes its time, and not much more.
	static void GoesOnFor(Milliseconds wanted, long number, const std::function<long()> &call)
	{
		Clock::time_point start = Clock::now();
		Sleeper sleeper(call);

		ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(number); })) << number;
		sleeper.Kick(number);
		sleeper.Kick(number);
		EXPECT_EQ(sleeper.Result(), 0) << sleeper.error();
		EXPECT_GE(Since(start), wanted.count());
		EXPECT_LT(Since(start), wanted.count() + 2000);
	}
	int launcher_;
	int epfd_;
};

TEST_F(Context, EndlessEpollWaitIsRunAgain)
{
	Listener listener;
	epoll_event event = {};

	Watch(listener.number());
	Sleeper sleeper([&] { return epoll_wait(epfd_, &event, 1, -1); });
	ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(SYS_epoll_wait); }));
	for (int i = 0; i < 3; i++) {
		sleeper.Kick(SYS_epoll_wait);
		EXPECT_FALSE(sleeper.IsBack());
	}
	int client = ConnectTo(listener.number());
	EXPECT_EQ(sleeper.Result(), 1);
	EXPECT_EQ(event.data.u64, 7u);
	close(client);
}

// Its program finds nothing to accept and computes its timers anew.
TEST_F(Context, EpollWaitWithATimeoutGetsTheListenersEvent)
{
	Listener listener;
	epoll_event events[4] = {};

	Watch(listener.number(), 99);
	Sleeper sleeper([&] { return epoll_wait(epfd_, events, 4, 3600000); });
	ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(SYS_epoll_wait); }));
	sleeper.Kick(SYS_epoll_wait);
	EXPECT_EQ(sleeper.Result(), 1);
	EXPECT_EQ(sleeper.error(), 0);
	EXPECT_EQ(events[0].events, uint32_t{EPOLLIN});
	EXPECT_EQ(events[0].data.u64, 99u);
	EXPECT_EQ(accept4(listener.number(), nullptr, nullptr, 0), -1);
	EXPECT_EQ(errno, EAGAIN);
}

TEST_F(Context, EpollPwaitWithATimeoutLikewise)
{
	Listener listener;
	epoll_event event = {};
	sigset_t mask;

	sigfillset(&mask); // ours is taken out, or it would never be interrupted
	Watch(listener.number(), 98);
	Sleeper sleeper([&] { return epoll_pwait(epfd_, &event, 1, 3600000, &mask); });
	ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(SYS_epoll_pwait); }));
	sleeper.Kick(SYS_epoll_pwait);
	EXPECT_EQ(sleeper.Result(), 1);
	EXPECT_EQ(event.data.u64, 98u);
}

// An epoll without a listener of ours has no event to give: it waits on.
TEST_F(Context, EpollWaitWithoutAListenerKeepsItsTimeoutRoughly)
{
	epoll_event event = {};

	GoesOnFor(Milliseconds(300), SYS_epoll_wait,
		[&] { return epoll_wait(epfd_, &event, 1, 300); });
}

// The accept() of its program would sleep on a blocking listener.
TEST_F(Context, EpollWaitOnABlockingListenerWaitsOn)
{
	Listener listener(Listener::kTcp, false);
	epoll_event event = {};

	Watch(listener.number());
	GoesOnFor(Milliseconds(300), SYS_epoll_wait,
		[&] { return epoll_wait(epfd_, &event, 1, 300); });
}

TEST_F(Context, AcceptIsRunAgain)
{
	Listener listener(Listener::kTcp, false);
	Sleeper sleeper([&] { return accept(listener.number(), nullptr, nullptr); });

	ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(SYS_accept); }));
	for (int i = 0; i < 3; i++)
		sleeper.Kick(SYS_accept);
	EXPECT_FALSE(sleeper.IsBack());
	int client = ConnectTo(listener.number());
	long got = sleeper.Result();
	EXPECT_GE(got, 0) << sleeper.error();
	close(static_cast<int>(got));
	close(client);
}

TEST_F(Context, RecvIsRunAgain)
{
	Listener listener(Listener::kUdp, false);
	char byte;
	Sleeper sleeper([&] { return recv(listener.number(), &byte, 1, 0); });

	ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(SYS_recvfrom); }));
	for (int i = 0; i < 3; i++)
		sleeper.Kick(SYS_recvfrom);
	EXPECT_FALSE(sleeper.IsBack());
	int client = ConnectTo(listener.number());
	EXPECT_EQ(send(client, "x", 1, 0), 1);
	EXPECT_EQ(sleeper.Result(), 1);
	close(client);
}

// SA_RESTART alone does it where the number of the call is not to be seen in the code.
TEST_F(Context, AcceptThroughACommonStubIsRunAgain)
{
	Listener listener(Listener::kTcp, false);
	Sleeper sleeper([&] { return common_stub(SYS_accept, listener.number(), 0, 0, 0, 0); });

	ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(SYS_accept); }));
	for (int i = 0; i < 3; i++)
		sleeper.Kick(SYS_accept);
	EXPECT_FALSE(sleeper.IsBack());
	int client = ConnectTo(listener.number());
	long got = sleeper.Result();
	EXPECT_GE(got, 0) << got;
	close(static_cast<int>(got));
	close(client);
}

TEST_F(Context, EpollWaitThroughACommonStubGetsTheListenersEvent)
{
	Listener listener;
	epoll_event event = {};

	Watch(listener.number(), 55);
	Sleeper sleeper([&] {
		return common_stub(
			SYS_epoll_pwait, epfd_, reinterpret_cast<long>(&event), 1, -1, 0);
	});
	ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(SYS_epoll_pwait); }));
	sleeper.Kick(SYS_epoll_pwait);
	EXPECT_EQ(sleeper.Result(), 1);
	EXPECT_EQ(event.data.u64, 55u);
}

// SA_RESTART does not cover it (signal(7)), and nobody wraps it.
TEST_F(Context, AnyOtherCallIsRunAgain)
{
	int queue = msgget(IPC_PRIVATE, 0600);
	struct {
		long type;
		char text[8];
	} message = {1, "hello"};

	ASSERT_GE(queue, 0);
	Sleeper sleeper([&] { return msgrcv(queue, &message, sizeof(message.text), 0, 0); });
	ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(SYS_msgrcv); }));
	for (int i = 0; i < 3; i++)
		sleeper.Kick(SYS_msgrcv);
	EXPECT_FALSE(sleeper.IsBack());
	EXPECT_EQ(msgsnd(queue, &message, 5, 0), 0);
	EXPECT_EQ(sleeper.Result(), 5);
	msgctl(queue, IPC_RMID, nullptr);
}

TEST_F(Context, PollsAndSleepsGoOnForTheirTime)
{
	pollfd entry = {launcher_, POLLIN, 0};
	timespec limit = {0, 200000000};

	GoesOnFor(Milliseconds(200), SYS_ppoll, [&] { return poll(&entry, 1, 200); });
	GoesOnFor(Milliseconds(200), SYS_ppoll, [&] { return ppoll(&entry, 1, &limit, nullptr); });
	GoesOnFor(Milliseconds(200), SYS_pselect6, [&] {
		timeval time = {0, 200000};
		return select(0, nullptr, nullptr, nullptr, &time);
	});
	GoesOnFor(Milliseconds(200), SYS_pselect6,
		[&] { return pselect(0, nullptr, nullptr, nullptr, &limit, nullptr); });
	GoesOnFor(
		Milliseconds(200), SYS_clock_nanosleep, [&] { return nanosleep(&limit, nullptr); });
	GoesOnFor(Milliseconds(200), SYS_clock_nanosleep, [&] { return usleep(200000); });
	GoesOnFor(Milliseconds(1000), SYS_clock_nanosleep, [&] { return sleep(1); });
	GoesOnFor(Milliseconds(200), SYS_clock_nanosleep,
		[&] { return clock_nanosleep(CLOCK_MONOTONIC, 0, &limit, nullptr); });
	GoesOnFor(Milliseconds(200), SYS_rt_sigtimedwait, [&] {
		sigset_t never;

		sigemptyset(&never);
		sigaddset(&never, SIGWINCH);
		return sigtimedwait(&never, nullptr, &limit) == -1 && errno == EAGAIN ? 0 : -1;
	});
}

static std::atomic<int> own_signals;

static void OnOwnSignal(int)
{
	own_signals++;
}

// The program's own signal interrupts as it always did, ours before it does not.
TEST_F(Context, TheProgramsOwnSignalIsTheProgramsEintr)
{
	struct sigaction action = {};
	struct sigaction before = {};
	epoll_event event = {};
	sigset_t all;

	action.sa_handler = OnOwnSignal;
	sigaction(SIGUSR1, &action, &before);
	sigfillset(&all);
	const std::function<long()> calls[] = {
		[&] { return epoll_wait(epfd_, &event, 1, -1); },
		[&] { return poll(nullptr, 0, -1); },
		[&] { return select(0, nullptr, nullptr, nullptr, nullptr); },
		[&] { return pause(); },
		[&] { // sigsuspend, everything else blocked
			sigset_t mask = all;
			sigdelset(&mask, SIGUSR1);
			return sigsuspend(&mask);
		},
	};
	const long numbers[] = {
		SYS_epoll_wait, SYS_ppoll, SYS_pselect6, SYS_pause, SYS_rt_sigsuspend};

	for (size_t i = 0; i < 5; i++) {
		std::atomic<pthread_t> thread{};
		Sleeper sleeper([&] {
			thread = pthread_self();
			return calls[i]();
		});

		own_signals = 0;
		ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(numbers[i]); })) << i;
		sleeper.Kick(numbers[i]);
		EXPECT_FALSE(sleeper.IsBack()) << i;
		pthread_kill(thread, SIGUSR1);
		EXPECT_EQ(sleeper.Result(), -1) << i;
		EXPECT_EQ(sleeper.error(), EINTR) << i;
		EXPECT_EQ(own_signals, 1) << i;
	}
	sigaction(SIGUSR1, &before, nullptr);
}

TEST_F(Context, ARunningThreadKeepsItsErrno)
{
	std::atomic<bool> go_on{true};
	std::atomic<int> tid{0};
	std::atomic<long> turns{0};
	int seen = 0;
	std::thread thread([&] {
		errno = ENOTTY;
		tid = static_cast<int>(AET_SYS0(gettid));
		for (; go_on; turns++)
			if (errno != ENOTTY)
				seen = errno;
	});

	ASSERT_TRUE(Eventually([&] { return turns > 0; }));
	for (int i = 0; i < 1000; i++)
		(void)AET_SYS3(tgkill, aet_lib.owner, tid.load(), aet_lib.signal);
	long now = turns;
	EXPECT_TRUE(Eventually([&] { return turns > now + 1; }));
	go_on = false;
	thread.join();
	EXPECT_EQ(seen, 0);
}

} // namespace aet
