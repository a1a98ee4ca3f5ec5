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
#include "core/interpreter.h"
#include "state/safe_point.h"
}

// As CPython's: exported by the program.
struct Runtime {
	sem_t first;
	char between[4096];
	sem_t last;
};
extern "C" __attribute__((visibility("default"))) Runtime _PyRuntime;
Runtime _PyRuntime;

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

// Inside that lock CPython waits without a limit, too: for its mutex, in its condition, or for the thread
// that it has let go first.
TEST_F(SafePoint, NotInsideTheInterpretersLock)
{
	timespec limit = {};

	clock_gettime(CLOCK_MONOTONIC, &limit);
	limit.tv_sec += 3600;
	aet_interpreter_look();
	for (sem_t *semaphore : {&_PyRuntime.first, &_PyRuntime.last}) {
		sem_init(semaphore, 0, 0);
		LookInto(SYS_futex,
			[&] { return sem_clockwait(semaphore, CLOCK_MONOTONIC, &limit); });
	}
	EXPECT_EQ(found_.calls, 2);
	EXPECT_EQ(found_.safe, 0);
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
