// Threads that answer nobody: from the dump on, and while the process finishes its answers, a wait of
// theirs does not end by the clock.
#include "conn_record.h"
#include "library.h"

#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/select.h>
#include <unistd.h>

extern "C" {
#include "core/background.h"
// core/frozen.h
void aet_frozen_begin(void);
void aet_frozen_end(void);
void aet_frozen_note_handover(void);
}

namespace aet
{

class Background : public Library
{
      protected:
	Background() : page_(MapPage(aet_word(AET_PHASE_GATED, 1, 2))), launcher_(Join())
	{
		aet_answers = false; // an earlier test may have had a connection in this thread
		aet_conns_begin();
		EXPECT_EQ(sem_init(&sem_, 0, 0), 0);
		EXPECT_EQ(pipe2(pipe_, O_CLOEXEC), 0);
	}
	~Background() override
	{
		GiveBack();
		if (thread_.joinable())
			thread_.join();
		aet_frozen_end();
		aet_frozen_note_handover();
		close(pipe_[0]);
		close(pipe_[1]);
		close(launcher_);
	}
	// A thread that waits once before the dump, and once more from then on.
	void Begin(
		const std::function<void()> &wait, const std::function<void()> &before = [] {})
	{
		std::atomic<int> waits{0};

		thread_ = std::thread([this, wait, before, &waits] {
			before();
			wait();
			waits++;
			while (!is_dumped_)
				sched_yield();
			wait();
			is_over_ = true;
		});
		while (waits == 0)
			sched_yield();
		aet_frozen_begin();
		is_dumped_ = true;
	}
	void HandOver()
	{
		page_->word = aet_word(AET_PHASE_OPEN, 2, 0);
		aet_frozen_note_handover();
		aet_frozen_end();
	}
	void GiveBack()
	{
		page_->word = aet_word(AET_PHASE_OPEN, 1, 0);
	}
	void ExpectStands()
	{
		while (aet_background_standing() == 0 && !is_over_)
			sched_yield();
		EXPECT_FALSE(is_over_);
	}
	void ExpectOver()
	{
		thread_.join();
		EXPECT_TRUE(is_over_);
		EXPECT_EQ(aet_background_standing(), 0);
	}
	static void Sleep()
	{
		timespec moment = {0, 1000000};

		EXPECT_EQ(nanosleep(&moment, nullptr), 0);
	}
	static double SettleMs()
	{
		timespec from = {};
		timespec to = {};

		clock_gettime(CLOCK_MONOTONIC, &from);
		aet_background_settle();
		clock_gettime(CLOCK_MONOTONIC, &to);
		return static_cast<double>(to.tv_sec - from.tv_sec) * 1e3 +
			static_cast<double>(to.tv_nsec - from.tv_nsec) / 1e6;
	}
	void WaitForPost()
	{
		timespec end = {};

		clock_gettime(CLOCK_MONOTONIC, &end);
		posted_ = sem_clockwait(&sem_, CLOCK_MONOTONIC, &end) == 0;
	}
	void Poll()
	{
		pollfd entry = {pipe_[0], POLLIN, 0};

		readable_ = poll(&entry, 1, 1) == 1;
	}
	void Select()
	{
		timeval limit = {0, 1000};
		fd_set set;

		FD_ZERO(&set);
		FD_SET(pipe_[0], &set);
		readable_ = select(pipe_[0] + 1, &set, nullptr, nullptr, &limit) == 1 &&
			FD_ISSET(pipe_[0], &set);
	}

	struct aet_page *page_;
	int launcher_;
	std::atomic<bool> is_dumped_{false};
	std::atomic<bool> is_over_{false};
	std::thread thread_;
	sem_t sem_ = {};
	int pipe_[2] = {-1, -1};
	bool posted_ = false;
	bool readable_ = false;
};

TEST_F(Background, ASleepEndsWhenItsGenerationServesAgain)
{
	Begin(Sleep);
	ExpectStands();
	HandOver();
	ExpectStands();
	GiveBack();
	ExpectOver();
}

TEST_F(Background, ASleepEndsWhenTheSwapIsUndone)
{
	Begin(Sleep);
	ExpectStands();
	GiveBack();
	ExpectOver();
}

TEST_F(Background, ASleepEndsWhenAnAnswerMayWaitForIt)
{
	Begin(Sleep);
	HandOver();
	ExpectStands();
	aet_background_let_go();
	ExpectOver();
	aet_background_settle(); // the next dump
}

TEST_F(Background, ASemaphoreIsStillHeard)
{
	Begin([this] { WaitForPost(); });
	HandOver();
	ExpectStands();
	EXPECT_EQ(sem_post(&sem_), 0);
	ExpectOver();
	EXPECT_TRUE(posted_);
}

TEST_F(Background, OutOfTimeIsSaidInTheEnd)
{
	Begin([this] { WaitForPost(); });
	ExpectStands();
	GiveBack();
	ExpectOver();
	EXPECT_FALSE(posted_);
}

TEST_F(Background, PollStillHearsADescriptor)
{
	Begin([this] { Poll(); });
	HandOver();
	ExpectStands();
	EXPECT_EQ(write(pipe_[1], "x", 1), 1);
	ExpectOver();
	EXPECT_TRUE(readable_);
}

TEST_F(Background, SelectStillHearsADescriptor)
{
	Begin([this] { Select(); });
	HandOver();
	ExpectStands();
	EXPECT_EQ(write(pipe_[1], "x", 1), 1);
	ExpectOver();
	EXPECT_TRUE(readable_);
}

TEST_F(Background, WhoeverAnswersGoesOn)
{
	Begin(Sleep, aet_background_note_answer);
	HandOver();
	ExpectOver();
}

TEST_F(Background, WhomAnAnsweringThreadBeginsGoesOn)
{
	aet_answers = true;
	Begin(Sleep);
	HandOver();
	ExpectOver();
}

// One of a pool that is older than the first request, and sleeps for a request alone.
TEST_F(Background, WhoeverHasWaitedForRequestsAloneGoesOn)
{
	aet_lib.slot->busy++;
	Begin(Sleep);
	HandOver();
	ExpectOver();
	aet_lib.slot->busy--;
}

// A timer that begins the next one, which never saw a moment without requests.
TEST_F(Background, AThreadOfItsOwnStands)
{
	std::thread next;

	Begin([this, &next] {
		if (next.joinable())
			return;
		Sleep();
		aet_lib.slot->busy++;
		next = std::thread([this] {
			while (!is_dumped_)
				sched_yield();
			Sleep();
		});
	});
	HandOver();
	while (aet_background_standing() == 0)
		sched_yield();
	aet_lib.slot->busy--;
	GiveBack();
	next.join();
}

// The dump waits for a thread that has come out of its sleep, a little, and not for one that has ended.
TEST_F(Background, ADumpWaitsForWhoIsAwake)
{
	std::atomic<bool> is_awake{false};

	thread_ = std::thread([&] {
		Sleep();
		is_awake = true;
		while (!is_over_)
			sched_yield();
	});
	while (!is_awake)
		sched_yield();
	EXPECT_GE(SettleMs(), 4);
	is_over_ = true;
	thread_.join();
	EXPECT_TRUE(Eventually([] { return SettleMs() < 4; }));
}

} // namespace aet
