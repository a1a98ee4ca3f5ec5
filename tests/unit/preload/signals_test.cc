// The one signal: which it is, that it gives way to the program, and that the program's masks never
// hold it up.
#include "library.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {
#include "aeterna/module.h"
}

namespace aet
{

class Signals : public Library
{
      protected:
	Signals() : launcher_(Join())
	{
	}
	~Signals() override
	{
		close(launcher_);
	}
	static bool IsBlocked()
	{
		uint64_t now = 0;

		(void)AET_SYS4(rt_sigprocmask, SIG_BLOCK, nullptr, &now, 8);
		return now >> (aet_lib.signal - 1) & 1;
	}
	int launcher_;
};

static void Ignore(int)
{
}

TEST_F(Signals, IsARealTimeSignalBelowTheLast)
{
	EXPECT_LE(aet_lib.signal, SIGRTMAX - 2);
	EXPECT_GE(aet_lib.signal, SIGRTMIN + 2);
	int before = aet_lib.signal;
	EXPECT_EQ(aet_signals_install(), 0);
	EXPECT_EQ(aet_lib.signal, before);
	EXPECT_EQ(fcntl(aet_lib.lifeline, F_GETSIG), aet_lib.signal);
	EXPECT_TRUE(fcntl(aet_lib.lifeline, F_GETFL) & O_ASYNC);
}

TEST_F(Signals, GivesWayWhenTheProgramWantsTheNumber)
{
	int first = aet_lib.signal;
	struct sigaction action = {};
	struct sigaction old = {};

	old.sa_handler = Ignore;
	EXPECT_EQ(sigaction(first, nullptr, &old), 0);
	EXPECT_EQ(old.sa_handler, SIG_DFL); // ours is out of sight
	EXPECT_EQ(aet_lib.signal, first);

	action.sa_handler = Ignore;
	old.sa_handler = Ignore;
	EXPECT_EQ(sigaction(first, &action, &old), 0);
	EXPECT_EQ(old.sa_handler, SIG_DFL);
	EXPECT_LT(aet_lib.signal, first);
	EXPECT_EQ(fcntl(aet_lib.lifeline, F_GETSIG), aet_lib.signal);
	EXPECT_EQ(sigaction(first, nullptr, &old), 0);
	EXPECT_EQ(old.sa_handler, Ignore);

	int second = aet_lib.signal;
	EXPECT_EQ(signal(second, Ignore), SIG_DFL);
	EXPECT_LT(aet_lib.signal, second);
	// The one it has now still makes the process look.
	EXPECT_EQ(raise(aet_lib.signal), 0);
	signal(second, SIG_DFL);
	signal(first, SIG_DFL);
}

TEST_F(Signals, AllNumbersInUse)
{
	pid_t child = fork();

	if (child == 0) {
		aet_lib.owner = getpid();
		int ours = aet_lib.signal;
		for (int number = 34; number <= 64; number++)
			if (number != ours)
				signal(number, Ignore);
		signal(ours, Ignore); // nowhere to go: it stays, and the program has it now
		AET_WRITE(aet_lib.signal, 0);
		_exit(aet_signals_install() == -EBUSY ? 0 : 1);
	}
	int status = -1;
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
}

TEST_F(Signals, NoMaskOfTheProgramBlocksIt)
{
	sigset_t all;
	sigset_t before;

	sigfillset(&all);
	EXPECT_EQ(sigprocmask(SIG_BLOCK, &all, &before), 0);
	EXPECT_FALSE(IsBlocked());
	EXPECT_EQ(sigprocmask(SIG_SETMASK, &all, nullptr), 0);
	EXPECT_FALSE(IsBlocked());
	EXPECT_EQ(pthread_sigmask(SIG_BLOCK, &all, nullptr), 0);
	EXPECT_FALSE(IsBlocked());
	EXPECT_EQ(pthread_sigmask(SIG_SETMASK, &all, nullptr), 0);
	EXPECT_FALSE(IsBlocked());
	// The program's own are, and its set is as it was.
	sigset_t now;
	sigprocmask(SIG_SETMASK, nullptr, &now);
	EXPECT_TRUE(sigismember(&now, SIGUSR1));
	EXPECT_TRUE(sigismember(&all, aet_lib.signal));
	EXPECT_EQ(sigprocmask(SIG_SETMASK, &before, nullptr), 0);
}

// The threads of a server that blocks everything before it listens have its mask for good. A mask
// that names single signals is left alone.
TEST_F(Signals, NoMaskOfAllSignalsBlocksItBeforeItIsInstalled)
{
	int ours = aet_lib.signal;
	pthread_attr_t attributes;
	sigset_t all;
	sigset_t before;
	sigset_t of_all;
	sigset_t of_attributes;
	sigset_t of_some;

	sigfillset(&all);
	pthread_attr_init(&attributes);
	AET_WRITE(aet_lib.signal, 0);
	EXPECT_EQ(pthread_sigmask(SIG_BLOCK, &all, &before), 0);
	pthread_sigmask(SIG_BLOCK, nullptr, &of_all);
	EXPECT_EQ(pthread_attr_setsigmask_np(&attributes, &all), 0);
	pthread_attr_getsigmask_np(&attributes, &of_attributes);
	sigdelset(&all, SIGRTMIN + 5);
	EXPECT_EQ(pthread_sigmask(SIG_SETMASK, &all, nullptr), 0);
	pthread_sigmask(SIG_BLOCK, nullptr, &of_some);
	EXPECT_EQ(aet_signals_install(), 0);
	EXPECT_NE(aet_lib.signal, ours); // this process handles that one
	EXPECT_FALSE(sigismember(&of_all, aet_lib.signal));
	EXPECT_TRUE(sigismember(&of_all, SIGUSR1));
	EXPECT_FALSE(sigismember(&of_attributes, aet_lib.signal));
	EXPECT_TRUE(sigismember(&of_some, aet_lib.signal));
	int installed = aet_lib.signal;
	AET_WRITE(aet_lib.signal, ours);
	signal(installed, SIG_DFL);
	pthread_sigmask(SIG_SETMASK, &before, nullptr);
	pthread_attr_destroy(&attributes);
}

// However its mask came about, the thread that joins takes the signal from then on.
TEST_F(Signals, WhoJoinsUnblocksIt)
{
	uint64_t ours = 1ull << (aet_lib.signal - 1);
	uint64_t mask;

	for (int i = 0; i < 2; i++) { // the first time after the fixture has installed it
		(void)AET_SYS4(rt_sigprocmask, SIG_BLOCK, &ours, nullptr, 8);
		aet_lock(&mask);
		aet_unlock(&mask);
	}
	EXPECT_TRUE(IsBlocked());
	aet_lock(&mask);
	EXPECT_EQ(aet_signals_install(), 0);
	aet_unlock(&mask);
	EXPECT_FALSE(IsBlocked());
}

// The flags with which the handler is installed, and whether it runs on an alternate stack then.
static bool IsOnAlternateStack(int signal)
{
	unsigned long now[4] = {}; // the flags come second, rt_sigaction(2)

	(void)AET_SYS4(rt_sigaction, signal, nullptr, now, 8);
	return now[1] & SA_ONSTACK;
}

// A handler for crashes says nothing about the stacks of the threads, one for any other signal does.
TEST_F(Signals, TheAlternateStackIsTheProgramsUnlessItsStacksAreSmall)
{
	pid_t child = fork();

	if (child == 0) {
		struct sigaction action = {};
		int wrong = 0;

		aet_lib.owner = getpid();
		aet_signals_take_usr2();
		action.sa_handler = Ignore;
		action.sa_flags = SA_ONSTACK;
		wrong += IsOnAlternateStack(aet_lib.signal);
		sigaction(SIGSEGV, &action, nullptr);
		wrong += IsOnAlternateStack(aet_lib.signal) + aet_small_stacks_are_used();
		sigaction(SIGHUP, &action, nullptr);
		wrong += !IsOnAlternateStack(aet_lib.signal) + !aet_small_stacks_are_used();
		wrong += !IsOnAlternateStack(SIGIO) + !IsOnAlternateStack(SIGUSR2);
		_exit(wrong);
	}
	int status = -1;
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
}

// A program that takes its signals by waiting for all of them never gets ours.
TEST_F(Signals, NoWaitOfTheProgramTakesIt)
{
	sigset_t all;
	sigset_t before;
	int number = 0;
	siginfo_t info;
	timespec brief = {0, 10000000};

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	int fd = signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
	ASSERT_GE(fd, 0);
	raise(aet_lib.signal);
	raise(SIGUSR1);
	EXPECT_EQ(sigwait(&all, &number), 0);
	EXPECT_EQ(number, SIGUSR1);
	raise(aet_lib.signal);
	raise(SIGUSR2);
	EXPECT_EQ(sigwaitinfo(&all, &info), SIGUSR2);
	raise(aet_lib.signal);
	EXPECT_EQ(sigtimedwait(&all, &info, &brief), -1);
	EXPECT_EQ(errno, EAGAIN);
	signalfd_siginfo seen;
	EXPECT_EQ(read(fd, &seen, sizeof(seen)), -1);
	sigprocmask(SIG_SETMASK, &before, nullptr);
	close(fd);
}

// What became of a child that raised SIGUSR2 after `prepare`: 0, or the signal.
static int StatusAfterUsr2(void (*prepare)())
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		prepare();
		raise(SIGUSR2);
		_exit(0);
	}
	EXPECT_EQ(waitpid(child, &status, 0), child);
	return status;
}

TEST_F(Signals, Usr2IsTakenWhereNobodyUsesIt)
{
	struct sigaction now = {};

	EXPECT_EQ(StatusAfterUsr2([] { aet_signals_take_usr2(); }), 0);
	for (sighandler_t use : {static_cast<sighandler_t>(Ignore), SIG_IGN}) {
		signal(SIGUSR2, use);
		aet_signals_take_usr2();
		EXPECT_EQ(sigaction(SIGUSR2, nullptr, &now), 0);
		EXPECT_EQ(now.sa_handler, use);
		EXPECT_EQ(signal(SIGUSR2, SIG_DFL), use);
	}
}

// A program that saves what was there before, and would call it after its own, finds nothing.
TEST_F(Signals, Usr2TakenIsOutOfSight)
{
	struct sigaction action = {};
	struct sigaction old = {};

	aet_signals_take_usr2();
	action.sa_handler = old.sa_handler = Ignore;
	EXPECT_EQ(sigaction(SIGUSR2, &action, &old), 0);
	EXPECT_EQ(old.sa_handler, SIG_DFL);
	EXPECT_EQ(signal(SIGUSR2, SIG_DFL), &Ignore);
	aet_signals_take_usr2();
	EXPECT_EQ(signal(SIGUSR2, Ignore), SIG_DFL);
	EXPECT_EQ(signal(SIGUSR2, SIG_DFL), &Ignore);
}

static int DoNothing(const aeterna_request *)
{
	return 0;
}

static void Attach()
{
	aet_lib.lifeline = -1;
	EXPECT_EQ(aeterna_attach(DoNothing, DoNothing), 0);
}

// A forked child takes no part: it dies of the signal, or does not, as it always did.
TEST_F(Signals, Usr2OfAChildIsItsOwn)
{
	EXPECT_EQ(StatusAfterUsr2([] {
		aet_signals_take_usr2();
		aet_signals_after_fork();
	}),
		SIGUSR2);
	EXPECT_EQ(StatusAfterUsr2([] {
		signal(SIGUSR2, Ignore);
		aet_signals_after_fork();
	}),
		0);
	// Nor does a helper that attaches, neither the first process nor a child of it.
	EXPECT_EQ(StatusAfterUsr2([] { _exit(StatusAfterUsr2(Attach)); }), SIGUSR2 << 8);
	// The program itself, asked before it takes part, lives on.
	EXPECT_EQ(StatusAfterUsr2([] {
		setpgid(0, 0);
		Attach();
	}),
		0);
}

// The launcher writes to the lifeline: the process looks at the page, whatever it is doing.
TEST_F(Signals, TheLifelineRaisesIt)
{
	Listener listener;
	aet_wake wake = {};
	aet_page *page = MapPage(aet_word(AET_PHASE_OPEN, 1, 0));

	page->word = aet_word(AET_PHASE_GATED, 1, 2);
	aet_header_init(&wake.header, AET_MSG_WAKE, 0, 0);
	ASSERT_EQ(aet_message_send(launcher_, &wake, sizeof(wake), nullptr, 0, 0), 0);
	EXPECT_TRUE(Eventually([&] { return listener.socket()->held; }));
	page->word = aet_word(AET_PHASE_OPEN, 1, 0);
	ASSERT_EQ(aet_message_send(launcher_, &wake, sizeof(wake), nullptr, 0, 0), 0);
	EXPECT_TRUE(Eventually([&] { return !listener.socket()->held; }));
}

static void Wake(int launcher)
{
	aet_wake wake = {};

	aet_header_init(&wake.header, AET_MSG_WAKE, 0, 0);
	EXPECT_EQ(aet_message_send(launcher, &wake, sizeof(wake), nullptr, 0, 0), 0);
}

// While other threads take the lock, and with it any signal that is for the whole process, the one
// that the kernel woke would find none, and its epoll_wait() would fail.
TEST_F(Signals, NoThreadIsWokenForWhatAnotherOneTakes)
{
	constexpr int kWakes = 1000;
	int over_fd = eventfd(0, EFD_CLOEXEC);
	int epfd = epoll_create1(EPOLL_CLOEXEC);
	epoll_event event = {EPOLLIN, {}};
	std::atomic<bool> over{false};
	int interrupted = 0;

	ASSERT_EQ(epoll_ctl(epfd, EPOLL_CTL_ADD, over_fd, &event), 0);
	MapPage(aet_word(AET_PHASE_OPEN, 1, 0));
	aet_signals_use_main_thread(true);
	std::thread locker([&] {
		while (!over) {
			uint64_t mask;

			aet_lock(&mask);
			aet_unlock(&mask);
		}
	});
	std::thread sender([&] {
		for (int i = 0; i < kWakes; i++) {
			int unread = 1;

			EXPECT_EQ(send(launcher_, "", 1, 0), 1);
			while (ioctl(launcher_, SIOCOUTQ, &unread) == 0 && unread > 0)
				std::this_thread::yield();
		}
		EXPECT_EQ(eventfd_write(over_fd, 1), 0);
	});
	while (epoll_wait(epfd, &event, 1, -1) != 1)
		interrupted++;
	over = true;
	sender.join();
	locker.join();
	aet_signals_use_main_thread(false);
	EXPECT_EQ(interrupted, 0);
	close(epfd);
	close(over_fd);
}

// Then it is for any thread, as far as /proc says.
TEST_F(Signals, AMainThreadThatBlocksItDoesNotKeepItFromTheOthers)
{
	Listener listener;
	uint64_t ours = 1ull << (aet_lib.signal - 1);
	aet_page *page = MapPage(aet_word(AET_PHASE_OPEN, 1, 0));

	(void)AET_SYS4(rt_sigprocmask, SIG_BLOCK, &ours, nullptr, 8);
	std::thread([&] {
		(void)AET_SYS4(rt_sigprocmask, SIG_UNBLOCK, &ours, nullptr, 8);
		aet_signals_use_main_thread(true);
		page->word = aet_word(AET_PHASE_GATED, 1, 2);
		Wake(launcher_);
		EXPECT_TRUE(Eventually([&] { return listener.socket()->held; }));
	}).join();
	aet_signals_use_main_thread(false);
	(void)AET_SYS4(rt_sigprocmask, SIG_UNBLOCK, &ours, nullptr, 8);
	page->word = aet_word(AET_PHASE_OPEN, 1, 0);
	Reconcile();
}

// pthread_exit() in main() leaves the others behind. Nothing of gtest may be on its stack: the child
// of a thread's fork begins with that thread alone.
TEST_F(Signals, AMainThreadThatEndsLeavesItToTheOthers)
{
	pid_t child = -1;

	std::thread([&] {
		child = fork();
		if (child != 0)
			return;
		aet_fork_in_child();
		aet_main_end_watch();
		aet_page *page = MapPage(aet_word(AET_PHASE_OPEN, 1, 0));
		aet_socket *sock = Listener().socket();
		int launcher = Join();
		pthread_t main = pthread_self();

		std::thread([=] {
			pthread_join(main, nullptr);
			page->word = aet_word(AET_PHASE_GATED, 1, 2);
			Wake(launcher);
			_exit(Eventually([&] { return sock->held; }) ? 0 : 1);
		}).detach();
		pthread_exit(nullptr);
	}).join();
	int status = -1;
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
}

} // namespace aet
