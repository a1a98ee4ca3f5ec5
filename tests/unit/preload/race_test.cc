// Threads that really race in the library, for `make check-tsan`; what they do comes out right
// without the sanitizer, too.
#include "library.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

// The table of real functions, as pointers; and as it was before anything was looked up.
extern "C" std::atomic<void *> real_functions[] asm("aet_real");

constexpr size_t kFunctions = 1
#define HOOK(name, type, parameters, arguments) +1
#include "core/hooks.def"
#undef HOOK
	;

static void *pristine[kFunctions];

#if defined(__has_feature)
#define NO_SANITIZER __attribute__((no_sanitize("thread", "address", "undefined")))
#else
#define NO_SANITIZER __attribute__((no_sanitize_thread, no_sanitize_address, no_sanitize_undefined))
#endif

// Before every constructor, the sanitizers' included: nothing but two pointers may be touched.
NO_SANITIZER static void Keep()
{
	void *to = pristine;
	const void *from = real_functions;
	size_t length = sizeof(pristine);

	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(length) : : "memory");
}

__attribute__((section(".preinit_array"), used)) static void (*keep)() = Keep;

namespace aet
{

// Kicks become signal 0, which is none: the sanitizer does not know of a handler installed past it.
class NoSignal
{
      public:
	NoSignal() : signal_(aet_lib.signal)
	{
		AET_WRITE(aet_lib.signal, 0);
	}
	~NoSignal()
	{
		AET_WRITE(aet_lib.signal, signal_);
	}

      private:
	int signal_;
};

class Race : public Library
{
      protected:
	static constexpr int kThreads = 8;

	static void Run(int threads, const std::function<void(int)> &work)
	{
		std::vector<std::thread> all;
		std::atomic<int> ready{0};

		for (int i = 0; i < threads; i++)
			all.emplace_back([&, i] {
				ready++;
				while (ready != threads)
					sched_yield();
				work(i);
			});
		for (std::thread &thread : all)
			thread.join();
	}
};

// Constructors of other libraries call the hooks before the library's own has run, and so may any
// number of threads: each first call goes through, whoever else is looking up.
TEST_F(Race, FirstCallsFromEightThreads)
{
	void *resolved[kFunctions];

	for (size_t i = 0; i < kFunctions; i++)
		resolved[i] = real_functions[i];
	for (int round = 0; round < 20; round++) {
		int failed = 0;

		for (size_t i = 0; i < kFunctions; i++)
			real_functions[i].store(pristine[i], std::memory_order_relaxed);
		Run(kThreads, [&](int i) {
			int fd = -1;

			if (i % 2 == 0)
				fd = dup(2);
			else
				fd = fcntl(2, F_DUPFD, 0);
			pollfd entry = {fd, 0, 0};
			if (fd < 0 || poll(&entry, 1, 0) != 0 || close(fd) != 0)
				__atomic_fetch_add(&failed, 1, __ATOMIC_RELAXED);
		});
		EXPECT_EQ(failed, 0);
		for (size_t i = 0; i < kFunctions; i++)
			EXPECT_EQ(real_functions[i].load(), resolved[i]) << i;
	}
	EXPECT_NE(memcmp(pristine, resolved, sizeof(resolved)), 0);
}

// bind() notes the wish for port 0 without the lock, eight numbers to a byte.
TEST_F(Race, AnyPortOfNeighbours)
{
	for (int round = 0; round < 2000; round++) {
		Run(round < 20 ? kThreads : 2, [&](int i) {
			for (int turn = 0; turn <= 100; turn++)
				aet_any_port_set(40 + i, turn % 2 == 0);
		});
		for (int i = 0; i < 2; i++)
			ASSERT_TRUE(aet_any_port(40 + i));
		for (int i = 0; i < kThreads; i++)
			aet_any_port_set(40 + i, false);
		if (round >= 200)
			break;
	}
}

// Every hook looks at the mark of its number first, and takes no lock for that.
TEST_F(Race, MarksAreReadWithoutTheLock)
{
	aet_socket *sock = aet_socket_new();

	sock->state = AET_SOCKET_LIVE;
	Run(4, [&](int i) {
		for (int turn = 0; turn < 5000; turn++) {
			uint64_t mask;

			if (i > 0) {
				int mark = aet_mark(500);
				EXPECT_TRUE(mark >= -1 && mark <= 1);
				EXPECT_LE(AET_READ(aet_attention), 1);
				EXPECT_GE(AET_READ(aet_attention), 0);
				continue;
			}
			aet_lock(&mask);
			if (turn % 3 == 0)
				EXPECT_TRUE(aet_socket_add_fd(sock, 500));
			else if (turn % 3 == 1)
				aet_socket_mark(sock, true);
			else
				aet_socket_drop_fd(sock, 500), sock->wanted = false;
			aet_unlock(&mask);
		}
	});
	aet_socket_free(sock);
}

// A handler never waits: what it could not do, whoever holds the lock does for it. So whatever the
// word says last is what the process does, when all are through.
TEST_F(Race, ReconcilesFromHandlersAndHooks)
{
	Listener listener;
	aet_page *page = MapPage(aet_word(AET_PHASE_OPEN, 1, 0));

	NoSignal quiet;

	for (int round = 0; round < 50; round++) {
		Run(4, [&](int i) {
			uint64_t mask = ~0ull;
			uint64_t before;

			(void)AET_SYS4(rt_sigprocmask, 0, &mask, &before, 8);
			for (int turn = 0; turn < 50; turn++) {
				bool shut = (turn + i) % 2;

				page->word = shut ? aet_word(AET_PHASE_GATED, 1, 2)
						  : aet_word(AET_PHASE_OPEN, 1, 0);
				aet_note_reconcile();
				if (aet_trylock_in_handler())
					aet_unlock_in_handler();
			}
			(void)AET_SYS4(rt_sigprocmask, 2, &before, nullptr, 8);
		});
		bool serves = aet_word_phase(page->word) == AET_PHASE_OPEN;
		EXPECT_EQ(listener.socket()->held, !serves);
	}
}

// The program's threads go on using their descriptors while others are gated and released.
TEST_F(Race, HooksWhileTheGateOpensAndShuts)
{
	Listener listener;
	Listener datagram(Listener::kUdp);
	std::atomic<bool> go_on{true};
	aet_page *page = MapPage(aet_word(AET_PHASE_OPEN, 1, 0));
	int launcher = Join();

	NoSignal quiet;

	Run(6, [&](int i) {
		switch (i) {
		case 0:
			for (int turn = 0; turn < 300; turn++) {
				page->word = turn % 2 ? aet_word(AET_PHASE_OPEN, 1, 0)
						      : aet_word(AET_PHASE_GATED, 1, 2);
				Reconcile();
			}
			go_on = false;
			break;
		case 1: // copies come and go
			while (go_on) {
				int copy = dup(listener.number());

				EXPECT_GE(copy, 0);
				EXPECT_EQ(close(copy), 0);
			}
			break;
		case 2: // registrations come and go
			while (go_on) {
				int epfd = epoll_create1(EPOLL_CLOEXEC);
				epoll_event event = {EPOLLIN, {}};

				EXPECT_EQ(epoll_ctl(epfd, EPOLL_CTL_ADD, listener.number(), &event),
					0);
				EXPECT_EQ(epoll_ctl(epfd, EPOLL_CTL_DEL, listener.number(), &event),
					0);
				close(epfd);
			}
			break;
		case 3: // names and options
			while (go_on) {
				sockaddr_storage name;
				socklen_t length = sizeof(name);
				int on = 1;

				EXPECT_EQ(getsockname(listener.number(),
						  reinterpret_cast<sockaddr *>(&name), &length),
					0);
				EXPECT_EQ(setsockopt(listener.number(), SOL_SOCKET, SO_KEEPALIVE,
						  &on, sizeof(on)),
					0);
				length = sizeof(on);
				EXPECT_EQ(getsockopt(listener.number(), SOL_SOCKET, SO_KEEPALIVE,
						  &on, &length),
					0);
			}
			break;
		case 4: // waits
			while (go_on) {
				pollfd entries[] = {{listener.number(), POLLIN, 0},
					{datagram.number(), POLLIN, 0}};

				EXPECT_EQ(poll(entries, 2, 0), 0);
				EXPECT_EQ(entries[1].fd, datagram.number());
			}
			break;
		default: // what has nothing to do with any of it
			while (go_on) {
				int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
				sigset_t all;
				sigset_t before;

				sigfillset(&all);
				EXPECT_EQ(pthread_sigmask(SIG_SETMASK, &all, &before), 0);
				EXPECT_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
				EXPECT_EQ(accept(listener.number(), nullptr, nullptr), -1);
				EXPECT_EQ(close(fd), 0);
			}
		}
	});
	page->word = aet_word(AET_PHASE_OPEN, 1, 0);
	Reconcile();
	close(launcher);
	EXPECT_EQ(aet_hidden, 0);
}

} // namespace aet
