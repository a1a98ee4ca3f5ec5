// Reconciling with the page: the process follows the word, says so to the launcher, moves the
// threads that sleep on its listeners, and decides for itself when the launcher is gone. Who
// serves under which word: phase_test.cc.
#include "library.h"

#include <cerrno>
#include <csignal>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace aet
{

class ReconcileTest : public Library
{
      protected:
	ReconcileTest() : launcher_(Join())
	{
	}
	~ReconcileTest() override
	{
		close(launcher_);
	}
	// The next note of the process, as its name and the word it speaks of.
	std::string Note(uint64_t *word = nullptr) const
	{
		aet_message message;
		int result = aet_message_receive(launcher_, &message, MSG_DONTWAIT);

		if (result <= 0)
			return result == -EAGAIN ? "none" : "end";
		EXPECT_EQ(aet_message_check_request(&message), 0);
		if (word)
			*word = reinterpret_cast<const aet_gated *>(message.bytes)->word;
		return aet_message_name(message.header.type);
	}
	int launcher_;
};

// A thread that the library's signal never reaches: they wait in its queue (signal(7)).
class Bystander
{
      public:
	Bystander()
	{
		EXPECT_TRUE(Eventually([this] { return ready_.load(); }));
	}
	~Bystander()
	{
		over_ = true;
		thread_.join();
	}
	// How often it was interrupted since it was asked last.
	int Interrupted()
	{
		asked_ = true;
		EXPECT_TRUE(Eventually([this] { return !asked_; }));
		return count_;
	}

      private:
	void Run()
	{
		uint64_t ours = 1ull << (aet_lib.signal - 1);
		timespec none = {};

		(void)AET_SYS4(rt_sigprocmask, SIG_BLOCK, &ours, nullptr, 8);
		ready_ = true;
		for (; !over_; std::this_thread::yield()) {
			if (!asked_)
				continue;
			for (count_ = 0; AET_SYS4(rt_sigtimedwait, &ours, nullptr, &none, 8) > 0;)
				count_++;
			asked_ = false;
		}
	}

	std::atomic<bool> ready_{false};
	std::atomic<int> count_{0};
	std::atomic<bool> asked_{false};
	std::atomic<bool> over_{false};
	std::thread thread_{[this] { Run(); }};
};

TEST_F(ReconcileTest, FollowsTheWordAndTellsEachOnce)
{
	Listener listener;
	uint64_t gated = aet_word(AET_PHASE_GATED, 1, 70);
	uint64_t undone = aet_word(AET_PHASE_OPEN, 1, 0);
	uint64_t word = 0;
	aet_page *page = MapPage(gated);

	Reconcile();
	EXPECT_TRUE(listener.socket()->held);
	EXPECT_EQ(Note(&word), "GATED");
	EXPECT_EQ(word, gated);
	Reconcile();
	EXPECT_EQ(Note(), "none");
	page->word = undone;
	Reconcile();
	EXPECT_FALSE(listener.socket()->held);
	EXPECT_EQ(Note(), "none"); // who serves is in the page
}

// Or two of them would interrupt each other for ever, and neither would come out of its handler.
TEST_F(ReconcileTest, WhoIsInterruptedByAnotherInterruptsNobody)
{
	Listener listener(Listener::kUdp, false); // unsettled, as nobody is seen in recv
	Bystander other;

	MapPage(aet_word(AET_PHASE_GATED, 1, 70));
	Reconcile();
	EXPECT_GE(other.Interrupted(), 1);
	(void)AET_SYS3(tgkill, aet_lib.owner, AET_SYS0(gettid), aet_lib.signal);
	EXPECT_EQ(other.Interrupted(), 0);
	// The launcher's word does, every time it comes.
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(write(launcher_, "", 1), 1);
		EXPECT_GE(other.Interrupted(), 1);
	}
}

// A thread of the process that has the lock until it is told to let go.
class LockHolder
{
      public:
	// Does this under the lock, first of all.
	explicit LockHolder(const std::function<void()> &work)
	    : thread_([this, work] {
		      uint64_t mask;

		      aet_lock(&mask);
		      work();
		      held_ = true;
		      while (!over_)
			      std::this_thread::yield();
		      aet_unlock(&mask);
	      })
	{
		EXPECT_TRUE(Eventually([this] { return held_.load(); }));
	}
	~LockHolder()
	{
		LetGo();
	}
	void LetGo()
	{
		over_ = true;
		if (thread_.joinable())
			thread_.join();
	}

      private:
	std::atomic<bool> held_{false};
	std::atomic<bool> over_{false};
	std::thread thread_;
};

// Its handler cannot move it to the placeholder then; whoever has the lock sees to it.
TEST_F(ReconcileTest, AThreadInRecvIsInterruptedWhileTheLockIsHeld)
{
	Listener listener(Listener::kUdp, false);
	aet_page *page = MapPage(aet_word(AET_PHASE_OPEN, 1, 72));
	char byte;
	Sleeper sleeper([&] { return recv(listener.number(), &byte, 1, 0); });

	ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(SYS_recvfrom); }));
	page->word = aet_word(AET_PHASE_GATED, 1, 72);
	LockHolder holder(aet_reconcile_locked);
	sleeper.Kick(SYS_recvfrom); // asleep again, so the kick before it was handled, too
	EXPECT_FALSE(listener.socket()->blocked);
	holder.LetGo();
	EXPECT_TRUE(Eventually([&] { return Note() == "GATED"; }));
	EXPECT_TRUE(listener.socket()->blocked);
	(void)aet_page_abort(page);
	Reconcile();
	int client = ConnectTo(listener.socket()->listen_fd);
	EXPECT_EQ(send(client, "x", 1, 0), 1);
	EXPECT_EQ(sleeper.Result(), 1);
	close(client);
}

// Its timeout began anew when it was interrupted: it does not stay so.
TEST_F(ReconcileTest, AThreadInEpollWaitIsInterruptedWhileTheLockIsHeld)
{
	Listener listener;
	int epfd = epoll_create1(EPOLL_CLOEXEC);
	epoll_event event = {EPOLLIN, {}};

	event.data.u64 = 97;
	ASSERT_EQ(epoll_ctl(epfd, EPOLL_CTL_ADD, listener.number(), &event), 0);
	Sleeper sleeper([&] { return epoll_wait(epfd, &event, 1, 3600000); });
	ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(SYS_epoll_wait); }));
	LockHolder holder([] {});
	sleeper.Kick(SYS_epoll_wait);
	EXPECT_FALSE(sleeper.IsBack());
	holder.LetGo();
	EXPECT_TRUE(Eventually([&] { return sleeper.IsBack(); }));
	if (!sleeper.IsBack()) // what this is about did not happen
		sleeper.Kick(SYS_epoll_wait);
	EXPECT_EQ(sleeper.Result(), 1);
	EXPECT_EQ(event.data.u64, 97u);
	close(epfd);
}

TEST_F(ReconcileTest, EveryRoleHoldsButServe)
{
	Listener listener;
	aet_page *page = MapPage(aet_word(AET_PHASE_OPEN, 1, 0));

	aet_lib.generation = 5;
	for (uint64_t word : {aet_word(AET_PHASE_OPEN, 4, 5), aet_word(AET_PHASE_GATED, 4, 5),
		     aet_word(AET_PHASE_GATED, 5, 6), aet_word(AET_PHASE_OPEN, 6, 0)}) {
		page->word = word;
		Reconcile();
		EXPECT_TRUE(listener.socket()->held) << word;
		page->word = aet_word(AET_PHASE_OPEN, 5, 0);
		Reconcile();
		EXPECT_FALSE(listener.socket()->held);
		page->word = aet_word(AET_PHASE_OPEN, 5, 6);
		Reconcile();
		EXPECT_FALSE(listener.socket()->held);
	}
}

// The thread restarts on the placeholder, and again on the listener; nobody in between is accepted.
TEST_F(ReconcileTest, AThreadInAcceptMovesToTheStandinAndBack)
{
	Listener listener(Listener::kTcp, false);
	aet_page *page = MapPage(aet_word(AET_PHASE_OPEN, 1, 71));
	Sleeper sleeper([&] { return accept(listener.number(), nullptr, nullptr); });

	ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(SYS_accept); }));
	page->word = aet_word(AET_PHASE_GATED, 1, 71);
	Reconcile();
	sleeper.Kick(SYS_accept); // handled by now, so the kick before it was, too
	int client = ConnectTo(listener.socket()->listen_fd);
	sleeper.Kick(SYS_accept);
	EXPECT_FALSE(sleeper.IsBack());
	(void)aet_page_abort(page);
	Reconcile();
	long got = sleeper.Result();
	EXPECT_GE(got, 0) << sleeper.error();
	close(static_cast<int>(got));
	close(client);
}

// A gated datagram socket is shut when its reader was seen waiting; only then is that told.
TEST_F(ReconcileTest, AThreadInRecvMovesToTheStandinAndBack)
{
	Listener listener(Listener::kUdp, false);
	uint64_t gated = aet_word(AET_PHASE_GATED, 1, 72);
	uint64_t word = 0;
	aet_page *page = MapPage(aet_word(AET_PHASE_OPEN, 1, 72));
	char byte;
	Sleeper sleeper([&] { return recv(listener.number(), &byte, 1, 0); });

	ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(SYS_recvfrom); }));
	page->word = gated;
	Reconcile();
	ASSERT_TRUE(Eventually([&] { return Note(&word) == "GATED"; }));
	EXPECT_EQ(word, gated);
	EXPECT_TRUE(listener.socket()->blocked);
	int client = ConnectTo(listener.socket()->listen_fd);
	EXPECT_EQ(send(client, "x", 1, 0), 1);
	sleeper.Kick(SYS_recvfrom);
	EXPECT_FALSE(sleeper.IsBack());
	(void)aet_page_abort(page);
	Reconcile();
	EXPECT_EQ(sleeper.Result(), 1);
	close(client);
}

TEST_F(ReconcileTest, TheLaunchersDeathUndoesTheUndecided)
{
	Listener listener;
	aet_page *page = MapPage(aet_word(AET_PHASE_GATED, 1, 73));

	Reconcile();
	EXPECT_TRUE(listener.socket()->held);
	int before = aet_lib.lifeline;
	shutdown(launcher_, SHUT_RDWR); // raises the signal as well: either of the two reconciles
	Reconcile();
	EXPECT_EQ(page->word, aet_word(AET_PHASE_OPEN, 1, 0));
	EXPECT_FALSE(listener.socket()->held);
	EXPECT_EQ(aet_lib.lifeline, -1);
	EXPECT_EQ(aet_mark(before), AET_MARK_NONE);
}

TEST_F(ReconcileTest, TheLaunchersDeathLeavesTheDecided)
{
	Listener listener;
	uint64_t decided = aet_word(AET_PHASE_OPEN, 74, 0);
	aet_page *page = MapPage(decided);

	shutdown(launcher_, SHUT_RDWR);
	Reconcile();
	EXPECT_EQ(page->word, decided);
	EXPECT_TRUE(listener.socket()->held);
}

// Nobody is left to end a candidate that lost: it ends itself. One that won goes on.
TEST_F(ReconcileTest, TheLaunchersDeathEndsACandidateThatLost)
{
	for (bool won : {false, true}) {
		aet_page *page = MapPage(
			won ? aet_word(AET_PHASE_OPEN, 2, 0) : aet_word(AET_PHASE_GATED, 1, 2));
		pid_t child = fork();

		if (child == 0) {
			aet_lib.owner = getpid();
			aet_lib.generation = 2;
			shutdown(launcher_, SHUT_RDWR);
			Reconcile();
			_exit(0);
		}
		int status = -1;
		ASSERT_EQ(waitpid(child, &status, 0), child);
		EXPECT_EQ(WIFSIGNALED(status), !won);
		EXPECT_EQ(page->word, aet_word(AET_PHASE_OPEN, won ? 2 : 1, 0));
	}
}

// It joins by itself, and the launcher waits for its word as for everybody's.
TEST_F(ReconcileTest, AForkedChildTellsTheWordItsParentTold)
{
	Listener listener;
	uint64_t gated = aet_word(AET_PHASE_GATED, 1, 75);

	MapPage(gated);
	Reconcile();
	EXPECT_EQ(Note(), "GATED");
	pid_t child = fork();
	if (child == 0) {
		uint64_t word = 0;

		aet_fork_in_child();
		close(launcher_);
		launcher_ = Join();
		Reconcile();
		_exit(Note(&word) == "GATED" && word == gated ? 0 : 1);
	}
	int status = -1;
	ASSERT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, 0);
}

static uint64_t NetworkCookie()
{
	int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	uint64_t cookie = 0;
	socklen_t length = sizeof(cookie);

	(void)getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length);
	close(fd);
	return cookie;
}

// It never had a lifeline, and nobody wakes it when another process undoes the swap. In another
// network namespace nobody is found under the launcher's name, and it may live all the same.
TEST_F(ReconcileTest, AForkedChildOfADeadLauncherUndoesTheSwap)
{
	uint64_t gated = aet_word(AET_PHASE_GATED, 1, 76);

	for (bool elsewhere : {true, false}) {
		Listener listener;
		aet_page *page = MapPage(gated);

		Reconcile();
		EXPECT_TRUE(listener.socket()->held);
		pid_t child = fork();
		if (child == 0) {
			aet_fork_in_child();
			snprintf(aet_lib.control, sizeof(aet_lib.control), "aeterna-none-%d",
				getpid());
			aet_lib.network = NetworkCookie() + (elsewhere ? 1 : 0);
			(void)accept(listener.number(), nullptr, nullptr);
			_exit(listener.socket()->held ? 1 : 0);
		}
		int status = -1;
		ASSERT_EQ(waitpid(child, &status, 0), child);
		EXPECT_EQ(WEXITSTATUS(status), elsewhere ? 1 : 0);
		EXPECT_EQ(page->word, elsewhere ? gated : aet_word(AET_PHASE_OPEN, 1, 0));
	}
}

// Malformed notes of the launcher are passed over; the lifeline stays.
TEST_F(ReconcileTest, ForeignBytesOnTheLifelineAreReadAway)
{
	MapPage(aet_word(AET_PHASE_OPEN, 1, 0));
	ASSERT_EQ(send(launcher_, "short", 5, 0), 5);
	ASSERT_EQ(send(launcher_, std::string(300, 'x').data(), 300, 0), 300);
	Reconcile();
	EXPECT_GE(aet_lib.lifeline, 0);
	char byte;
	EXPECT_EQ(recv(aet_lib.lifeline, &byte, 1, MSG_DONTWAIT), -1);
}

} // namespace aet
