// The state of Python programs: globals by name, with nothing of ours in the program, and the module
// in each worker of gunicorn.

#include "counter_service.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

namespace aet
{

static const std::vector<std::string> kByName = {"/usr/bin/python3", "{T}/counter_asyncio.py"};

class NamesTest : public CounterTest, public testing::WithParamInterface<const char *>
{
      protected:
	void BeginWith(const std::string &names, const std::vector<std::string> &env = {})
	{
		Begin(env,
			{std::string("handoff.mechanism: ") + GetParam(),
				"handoff.state: [" + names + "]", "service.ready_after: 100ms"},
			kByName);
	}
};

TEST_P(NamesTest, GoOnOverFiveSwaps)
{
	BeginWith("\"counter_asyncio:STATE\"");
	Count();
	for (int i = 0; i < 5; i++) {
		Swap();
		nlohmann::json last = service_->Status()["last_swap"];
		EXPECT_GE(last["state_bytes"], 4096) << last;
		EXPECT_GE(last["connections_moved"], 16) << last;
		EXPECT_TRUE(counting_->More(100));
	}
	Tally tally = ExpectExact();
	EXPECT_EQ(tally.versions.size(), 6u) << tally.Text();
}

// Threads that always want the interpreter: the main one waits for its turn whenever it is interrupted,
// and neither its size may be asked for nor its state be dumped in there.
TEST_P(NamesTest, OfAProgramWhoseThreadsTakeTurns)
{
	CountingShape shape;

	shape.kept = 4;
	shape.per_second = 0;
	shape.gap_ms = 20;
	BeginWith("\"counter_asyncio:STATE\"", {"BUSY_THREADS=4"});
	Count(shape);
	for (int i = 0; i < 4; i++) {
		Swap();
		EXPECT_TRUE(counting_->More(10));
	}
	ExpectExact(false);
}

// Here it waits for them without a limit, with a part of the interpreter's lock in its hands.
TEST_P(NamesTest, OfAProgramWhoseThreadsPassTheirTurnsOn)
{
	CountingShape shape;

	shape.kept = 4;
	shape.per_second = 0;
	shape.gap_ms = 20;
	BeginWith("\"counter_asyncio:STATE\"", {"TURNING_THREADS=3"});
	Count(shape);
	for (int i = 0; i < 10; i++) {
		Swap();
		EXPECT_TRUE(counting_->More(10));
	}
	ExpectExact();
}

// A socket with a timeout is asked by poll(2) before it is read: while no request may begin, the next one
// stays there to be read, and the main thread has to come to a call that waits all the same.
TEST_P(NamesTest, OfAProgramThatPollsAClientWhoNeverPauses)
{
	CountingShape shape;

	shape.kept = 1;
	shape.per_second = 0;
	shape.gap_ms = 0;
	Begin({},
		{std::string("handoff.mechanism: ") + GetParam(),
			"handoff.state: [\"counter_timeout:COUNT\"]", "service.ready_after: 100ms"},
		{"/usr/bin/python3", "{T}/counter_timeout.py"});
	Count(shape);
	for (int i = 0; i < 3; i++) {
		Swap();
		EXPECT_TRUE(counting_->More(10));
	}
	ExpectExact();
}

TEST_P(NamesTest, WhatCannotTravelIsNamedAndTheProgramGoesOn)
{
	BeginWith("\"counter_asyncio:STATE\"", {"UNPICKLABLE=1"});
	Count();
	ExpectUndone("dump_failed");
	EXPECT_NE(service_->StatusText("detail").find("counter_asyncio:STATE['x']['lock']"),
		std::string::npos)
		<< service_->StatusText("detail");
	ExpectExact();
}

TEST_P(NamesTest, ANameThatIsNotThereIsSaid)
{
	BeginWith("\"counter_asyncio:STATES\"");
	Count();
	ExpectUndone("state_missing");
	EXPECT_NE(service_->StatusText("detail").find("counter_asyncio:STATES"), std::string::npos)
		<< service_->StatusText("detail");
	ExpectExact();
}

TEST_P(NamesTest, AModuleThatNobodyImportsIsSaid)
{
	BeginWith("\"another_agent:STATE\"");
	Count();
	ExpectUndone("dump_failed", "none has such a module");
	ExpectExact();
}

TEST_P(NamesTest, AnInterpreterThatDoesNotLookGetsTheHooksAllTheSame)
{
	Begin({}, {"handoff.state: [\"counter_asyncio:STATE\"]", "service.ready_after: 100ms"},
		{"/usr/bin/python3", "-E", "{T}/counter_asyncio.py"});
	Count();
	Swap();
	Swap();
	ExpectExact();
}

// It begins at once, though the first start has not lasted yet: nothing is in hand.
TEST_P(NamesTest, AReloadSoonAfterTheStartWaitsForNothing)
{
	Begin({},
		{std::string("handoff.mechanism: ") + GetParam(),
			"handoff.state: [\"counter_asyncio:STATE\"]", "service.ready_after: 2s"},
		kByName);
	EXPECT_EQ(service_->Get(), "v1 1\n");
	Swap();
	EXPECT_EQ(service_->Get(), "v2 2\n");
	EXPECT_EQ(service_->log().find("follows it"), std::string::npos) << service_->log();
}

TEST_P(NamesTest, ASnapshotIsThereAfterACrash)
{
	BeginWith("\"counter_asyncio:STATE\"");
	EXPECT_EQ(service_->Get(), "v1 1\n");
	EXPECT_EQ(service_->Command("snapshot").code, 0) << service_->log();
	EXPECT_EQ(service_->Get(), "v1 2\n");
	kill(service_->ProgramPid(), SIGKILL);
	EXPECT_EQ(service_->Get(), "v1 2\n") << service_->log();
}

static std::string Name(const testing::TestParamInfo<const char *> &info)
{
	return info.param;
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, NamesTest, testing::Values("shm", "pipe"), Name);

using UvicornTest = CounterTest;

// uvloop waits in libuv, and the state is an attribute of an object.
TEST_F(UvicornTest, AnAttributeGoesAlong)
{
	Begin({},
		{"handoff.state: [\"counter_asgi:app.state.count\"]", "service.ready_after: 100ms"},
		{"{V}/python", "-m", "uvicorn", "--app-dir", "{T}", "--port", "{P}",
			"--no-access-log", "--timeout-keep-alive", "120", "counter_asgi:app"});
	Count();
	for (int i = 0; i < 3; i++) {
		Swap();
		EXPECT_TRUE(counting_->More(100));
	}
	ExpectExact();
}

// Each worker has a name and a count of its own; an answer is "<version> <name> <count>".
class PythonWorkersTest : public CounterTest
{
      protected:
	void AskOnce()
	{
		std::istringstream words(service_->Get());
		std::string version;
		std::string name;
		int count = 0;

		words >> version >> name >> count;
		std::lock_guard<std::mutex> hold(lock_);
		EXPECT_EQ(version, service_->Version());
		counts_[name].push_back(count);
	}
	// From several sides, so that no worker takes all of them.
	void Ask(int times)
	{
		std::vector<std::thread> askers;

		for (int i = 0; i < 8; i++)
			askers.emplace_back([this, times] {
				for (int k = 0; k < times; k++)
					AskOnce();
			});
		for (std::thread &asker : askers)
			asker.join();
	}

	std::mutex lock_;
	std::map<std::string, std::vector<int>> counts_;
};

TEST_F(PythonWorkersTest, EachHandsItsStateToItsCounterpart)
{
	Begin({}, {"service.ready_after: 100ms"},
		{"{V}/gunicorn", "--chdir", "{T}", "-w", "2", "-k", "gthread", "--threads", "4",
			"-b", "127.0.0.1:{P}", "counter_wsgi:app"});
	ASSERT_TRUE(Eventually([&] {
		Ask(5);
		return counts_.size() == 2;
	}));
	for (int i = 0; i < 3; i++) {
		Swap();
		Ask(10);
	}
	EXPECT_EQ(counts_.size(), 2u) << "somebody began anew";
	for (auto &own : counts_) {
		std::sort(own.second.begin(), own.second.end());
		for (size_t i = 0; i < own.second.size(); i++)
			EXPECT_EQ(own.second[i], static_cast<int>(i) + 1) << own.first;
	}
}

} // namespace aet
