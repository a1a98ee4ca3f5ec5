// Where the main thread may run a hook: in a call that waits for somebody, as this libc makes it, but not
// where it takes turns with other threads.
#include "library.h"

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <ctime>
#include <mutex>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" {
#include "core/call.h"
#include "state/safe_point.h"
#include "state/turn.h"
}

namespace aet
{

struct Found {
	std::atomic<int> looks{0};
	std::atomic<int> calls{0}; // of those, inside a system call
	std::atomic<int> safe{0};
};

static Found *found;

static void OnLook(int, siginfo_t *, void *context)
{
	int saved = errno;

	found->calls += aet_call_of(context).end != AET_CALL_NONE;
	found->safe += aet_safe_point_is_one(context);
	found->looks++;
	errno = saved;
}

class SafePoint : public testing::Test
{
      protected:
	SafePoint()
	{
		struct sigaction action = {};

		action.sa_sigaction = OnLook;
		action.sa_flags = SA_SIGINFO | SA_RESTART;
		sigaction(SIGUSR1, &action, &before_);
		found = &found_;
	}
	~SafePoint() override
	{
		sigaction(SIGUSR1, &before_, nullptr);
	}
	// Looks once while a thread is inside that system call of the wait.
	void LookInto(long number, const std::function<long()> &wait)
	{
		Sleeper sleeper(wait);
		int before = found_.looks;

		ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(number); })) << number;
		sleeper.Signal(SIGUSR1);
		ASSERT_TRUE(Eventually([&] { return found_.looks > before; }));
	}
	Found found_;

      private:
	struct sigaction before_ = {};
};

TEST_F(SafePoint, ALockThatSomebodyHolds)
{
	sem_t semaphore;

	sem_init(&semaphore, 0, 0);
	Sleeper sleeper([&] {
		while (sem_wait(&semaphore) < 0)
			;
		return 0L;
	});
	ASSERT_TRUE(Eventually([&] { return sleeper.IsIn(SYS_futex); }));
	sleeper.Signal(SIGUSR1);
	EXPECT_TRUE(Eventually([&] { return found_.looks > 0; }));
	EXPECT_EQ(found_.safe, 1);
	sem_post(&semaphore);
}

// As CPython's threads wait for the interpreter: 5 ms, again and again, by either clock.
TEST_F(SafePoint, NotWhereThreadsTakeTurns)
{
	for (clockid_t clock : {CLOCK_MONOTONIC, CLOCK_REALTIME}) {
		std::atomic<bool> over{false};
		pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
		pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
		Sleeper sleeper([&] {
			pthread_mutex_lock(&mutex);
			while (!over) {
				timespec limit = {};

				clock_gettime(clock, &limit);
				limit.tv_nsec += 5000000;
				limit.tv_sec += limit.tv_nsec / 1000000000;
				limit.tv_nsec %= 1000000000;
				(void)pthread_cond_clockwait(&turn, &mutex, clock, &limit);
			}
			pthread_mutex_unlock(&mutex);
			return 0L;
		});

		found_.calls = 0;
		EXPECT_TRUE(Eventually([&] {
			sleeper.Signal(SIGUSR1);
			return found_.calls >= 50;
		}));
		EXPECT_EQ(found_.safe, 0);
		over = true;
	}
}

// A lock as CPython has it, a mutex and a condition in one structure: a thread may wait in there
// without a limit.
class Interpreter : public SafePoint
{
      protected:
	~Interpreter() override
	{
		aet_turn_set_interpreter(nullptr, 0);
	}
	// How many of two looks into the wait, which the end ends, find a safe point: one with an
	// interpreter whose lock has that size, one without any.
	void Look(size_t size, const std::function<void()> &wait, const std::function<void()> &end)
	{
		Sleeper sleeper([&] {
			wait();
			return 0L;
		});

		for (size_t known : {size, size_t{0}}) {
			int before = found_.looks;

			aet_turn_set_interpreter(&lock_, known);
			EXPECT_TRUE(Eventually([&] { return sleeper.IsIn(SYS_futex); }));
			sleeper.Signal(SIGUSR1);
			EXPECT_TRUE(Eventually([&] { return found_.looks > before; }));
		}
		end();
	}
	struct {
		pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
		pthread_cond_t turn = PTHREAD_COND_INITIALIZER;
	} lock_;
	pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
	sem_t semaphore_ = {};
	bool is_free_ = false;
};

TEST_F(Interpreter, NotInsideItsLock)
{
	Look(
		sizeof(lock_),
		[&] {
			pthread_mutex_lock(&lock_.mutex);
			while (!is_free_)
				pthread_cond_wait(&lock_.turn, &lock_.mutex);
			pthread_mutex_unlock(&lock_.mutex);
		},
		[&] {
			pthread_mutex_lock(&lock_.mutex);
			is_free_ = true;
			pthread_cond_signal(&lock_.turn);
			pthread_mutex_unlock(&lock_.mutex);
		});
	EXPECT_EQ(found_.safe, 1);
}

TEST_F(Interpreter, NotWhereItWaitsForAMutex)
{
	pthread_mutex_lock(&mutex_);
	Look(
		sizeof(lock_),
		[&] {
			pthread_mutex_lock(&mutex_);
			pthread_mutex_unlock(&mutex_);
		},
		[&] { pthread_mutex_unlock(&mutex_); });
	EXPECT_EQ(found_.safe, 1);
}

// As the main thread of a program rests in threading.Lock, or join().
TEST_F(Interpreter, WhereItRestsInALockOfTheProgram)
{
	sem_init(&semaphore_, 0, 0);
	Look(
		sizeof(lock_),
		[&] {
			while (sem_wait(&semaphore_) < 0)
				;
		},
		[&] { sem_post(&semaphore_); });
	EXPECT_EQ(found_.safe, 2);
}

TEST_F(SafePoint, ALongWaitForALock)
{
	sem_t semaphore;
	timespec limit = {};

	sem_init(&semaphore, 0, 0);
	clock_gettime(CLOCK_MONOTONIC, &limit);
	limit.tv_sec += 3600;
	LookInto(SYS_futex, [&] { return sem_clockwait(&semaphore, CLOCK_MONOTONIC, &limit); });
	EXPECT_EQ(found_.safe, 1);
}

TEST_F(SafePoint, AWaitForDescriptors)
{
	int epfd = epoll_create1(EPOLL_CLOEXEC);
	epoll_event event = {};

	LookInto(SYS_epoll_wait, [&] { return epoll_wait(epfd, &event, 1, 3600000); });
	LookInto(SYS_poll, [&] { return poll(nullptr, 0, 3600000); });
	EXPECT_EQ(found_.looks, 2);
	EXPECT_EQ(found_.safe, 2);
	close(epfd);
}

TEST_F(SafePoint, ASleep)
{
	timespec hour = {3600, 0};

	LookInto(SYS_clock_nanosleep, [&] { return nanosleep(&hour, nullptr); });
	EXPECT_EQ(found_.safe, 1);
}

} // namespace aet
