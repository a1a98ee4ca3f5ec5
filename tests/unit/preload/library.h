// The library's modules as a test sees them: its headers, made fit for C++, and a fixture that puts
// the one instance of its data back to where a fresh process has it.
#ifndef AET_TESTS_LIBRARY_H
#define AET_TESTS_LIBRARY_H

#include <atomic>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <thread>
#include <vector>

// C's atomics by C++'s, which have the same layout; C++17 has no stdatomic.h.
#define _Atomic(type) std::atomic<type>
using std::atomic_compare_exchange_weak;
using std::atomic_load;

extern "C" {
#include "address.h"
#include "address_parse.h"
#include "core/client.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/options.h"
#include "core/signals.h"
#include "core/small_stacks.h"
#include "core/table.h"
#include "entry/context.h"
#include "entry/fork.h"
#include "entry/main_end.h"
#include "entry/reconcile.h"
#include "hooks/fd_hooks.h"
#include "listeners/adopt.h"
#include "listeners/gate.h"
#include "msgio.h"
#include "sys.h"
}

#include "process.h"

namespace aet
{

// Active as under a launcher, generation 1, not joined; nothing is left of it afterwards.
class Library : public testing::Test
{
      protected:
	Library();
	~Library() override;

	// A page with this word, as after HELLO; and the launcher's end of the lifeline.
	struct aet_page *MapPage(uint64_t word);
	int Join();
	// By a thread of the program.
	static void Reconcile();
};

// A number of the program's with its kept listener and its placeholder, tracked and serving.
class Listener
{
      public:
	enum Kind { kTcp, kUdp };

	explicit Listener(Kind kind = kTcp, bool nonblocking = true);

	struct aet_socket *socket() const
	{
		return sock_;
	}
	int number() const
	{
		return number_;
	}
	// Under the table's lock, as every caller of gate.c.
	void Hold();
	void Serve();

      private:
	int number_;
	struct aet_socket *sock_;
};

// What launcher/listen/listener.c makes.
int MakeStandin(int type);

// A connection to where fd is bound, its handshake complete; or a datagram socket likewise.
int ConnectTo(int fd);

int LowestFree();
bool IsOpen(int fd);

// A thread of this process asleep in a system call, watched from outside.
class Sleeper
{
      public:
	explicit Sleeper(const std::function<long()> &call);
	~Sleeper();

	// Sleeps inside the system call of that number.
	bool IsIn(long number) const;
	// Interrupts it with the library's signal and waits until it has gone to sleep again or
	// come back.
	void Kick(long number);
	void Signal(int signal) const;
	bool IsBack() const
	{
		return back_;
	}
	// Waits until it is back: the call's result, errno in error().
	long Result();
	int error() const
	{
		return error_;
	}

      private:
	long Switches() const;

	std::atomic<int> tid_{0};
	std::atomic<bool> back_{false};
	long result_ = 0;
	int error_ = 0;
	std::thread thread_;
};

} // namespace aet

#endif
