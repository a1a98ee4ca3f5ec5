// Threads that stand still: wherever they are, and as if nothing had been when they go on.
#include "library.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" {
#include "core/park.h"
}

namespace aet
{

// The name of the suite keeps it from runs under a thread sanitizer, as those that raise the signal.
class SignalsPark : public Library
{
      protected:
	SignalsPark() : launcher_(Join())
	{
		aet_lib.owner = getpid();
	}
	~SignalsPark() override
	{
		aet_park_end();
		close(launcher_);
	}
	int Park()
	{
		return aet_park_others(&unparked_);
	}

	struct aet_unparked unparked_ = {};

      private:
	int launcher_;
};

// A thread that counts without a pause.
class Counter
{
      public:
	Counter()
	    : thread_([this] {
		      while (!over_)
			      count_++;
	      })
	{
		while (count_ == 0)
			sched_yield();
	}
	~Counter()
	{
		over_ = true;
		thread_.join();
	}
	unsigned long Count() const
	{
		return count_;
	}

      private:
	std::atomic<unsigned long> count_{0};
	std::atomic<bool> over_{false};
	std::thread thread_;
};

static void SleepMs(long ms)
{
	timespec left = {0, ms * 1000000};

	(void)AET_SYS2(nanosleep, &left, nullptr);
}

TEST_F(SignalsPark, AThreadAloneHasNobodyToStop)
{
	EXPECT_EQ(Park(), 0);
	EXPECT_TRUE(aet_park_is_whole());
	aet_park_end();
	EXPECT_FALSE(aet_park_is_whole());
}

TEST_F(SignalsPark, NobodyRunsAndAllGoOn)
{
	Counter one;
	Counter two;

	for (int i = 0; i < 20; i++) {
		ASSERT_EQ(Park(), 0);
		unsigned long before[2] = {one.Count(), two.Count()};
		SleepMs(5);
		EXPECT_EQ(one.Count(), before[0]);
		EXPECT_EQ(two.Count(), before[1]);
		aet_park_end();
		EXPECT_TRUE(Eventually(
			[&] { return one.Count() > before[0] && two.Count() > before[1]; }));
	}
}

TEST_F(SignalsPark, ASleepLastsNoLonger)
{
	std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
	Sleeper sleeper([] {
		timespec want = {0, 400000000};
		return static_cast<long>(nanosleep(&want, nullptr));
	});

	ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(SYS_clock_nanosleep); }));
	ASSERT_EQ(Park(), 0);
	SleepMs(300);
	aet_park_end();
	EXPECT_EQ(sleeper.Result(), 0);
	std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
	EXPECT_GE(took.count(), 0.4);
	EXPECT_LT(took.count(), 0.65);
}

TEST_F(SignalsPark, AReadGoesOnWithoutAnError)
{
	int ends[2];

	ASSERT_EQ(pipe(ends), 0);
	Sleeper sleeper([&] {
		char byte = 0;
		return static_cast<long>(read(ends[0], &byte, 1));
	});
	ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(SYS_read); }));
	ASSERT_EQ(Park(), 0);
	ASSERT_EQ(write(ends[1], "x", 1), 1);
	SleepMs(20);
	EXPECT_FALSE(sleeper.IsBack());
	aet_park_end();
	EXPECT_EQ(sleeper.Result(), 1);
	close(ends[0]);
	close(ends[1]);
}

TEST_F(SignalsPark, WhoBlocksTheSignalIsNamed)
{
	std::atomic<bool> over{false};
	std::atomic<int> number{0};
	std::thread blind([&] {
		uint64_t all = ~0ull;

		(void)AET_SYS4(rt_sigprocmask, SIG_BLOCK, &all, nullptr, 8);
		number = static_cast<int>(AET_SYS0(gettid));
		while (!over)
			SleepMs(1);
	});

	ASSERT_TRUE(Eventually([&] { return number != 0; }));
	EXPECT_EQ(Park(), -EBUSY);
	EXPECT_EQ(unparked_.thread_id, number);
	EXPECT_TRUE(unparked_.blocks);
	over = true;
	blind.join();
	EXPECT_EQ(Park(), 0);
}

// As one that begins on a machine where others are before it: it runs, or would.
TEST_F(SignalsPark, WhoBlocksTheSignalAndRunsIsWaitedFor)
{
	std::atomic<int> number{0};
	std::atomic<bool> over{false};
	std::thread late([&] {
		uint64_t all = ~0ull;
		uint64_t before = 0;
		auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(250);

		(void)AET_SYS4(rt_sigprocmask, SIG_BLOCK, &all, &before, 8);
		number = static_cast<int>(AET_SYS0(gettid));
		while (std::chrono::steady_clock::now() < end)
			;
		(void)AET_SYS4(rt_sigprocmask, SIG_SETMASK, &before, nullptr, 8);
		while (!over)
			SleepMs(1);
	});

	ASSERT_TRUE(Eventually([&] { return number != 0; }));
	EXPECT_EQ(Park(), 0);
	aet_park_end();
	over = true;
	late.join();
}

// The main thread waits for a lock that a parked one has: it is let go, and the fork that came of it
// does not count.
TEST_F(SignalsPark, ALockIsNotWaitedForInVain)
{
	std::atomic<bool> has{false};
	std::atomic<bool> over{false};
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	std::thread holder([&] {
		pthread_mutex_lock(&lock);
		has = true;
		while (!over)
			;
		pthread_mutex_unlock(&lock);
	});

	ASSERT_TRUE(Eventually([&] { return has.load(); }));
	ASSERT_EQ(aet_park_tentatively(&unparked_), 0);
	over = true;
	pthread_mutex_lock(&lock);
	EXPECT_FALSE(aet_park_confirm());
	pthread_mutex_unlock(&lock);
	holder.join();
	ASSERT_EQ(aet_park_tentatively(&unparked_), 0);
	EXPECT_TRUE(aet_park_confirm());
}

} // namespace aet
