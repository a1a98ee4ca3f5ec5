// handoff.on_busy: merge, and a program with threads of its own: while an older generation finishes
// its answers, whoever answers none stands still. What the program does every millisecond it does
// once, and the answers do not wait for it.

#include "merging_agent.h"

#include <csignal>
#include <sstream>

namespace aet
{

struct Ticking {
	const char *name;
	std::vector<std::string> command;
	const char *tick;
};

static const char *const kNames = "handoff.state: [\"streaming_history:HISTORY\"]";
static const std::vector<std::string> kThreads = {"/usr/bin/python3", "{T}/streaming_threads.py"};

static const Ticking kTickings[] = {
	{"threads_sleep", kThreads, "sleep"},
	{"threads_event", kThreads, "event"},
	{"threads_poll", kThreads, "poll"},
	{"gthread",
		{"{V}/gunicorn", "--chdir", "{T}", "-w", "1", "-k", "gthread", "--threads", "4",
			"-b", "127.0.0.1:{P}", "streaming_wsgi:app"},
		"sleep"},
	{"uvicorn",
		{"{V}/python", "-m", "uvicorn", "--app-dir", "{T}", "--port", "{P}",
			"--no-access-log", "streaming_asgi:app"},
		"event"},
};

class MergeThreadsTest : public MergeTest
{
      protected:
	void BeginProgram(const std::vector<std::string> &command, std::vector<std::string> env,
		const std::vector<std::string> &more = {"service.ready_after: 100ms"},
		const std::string &on_busy = "merge")
	{
		std::vector<std::string> settings = ShortWaits(on_busy);

		settings.insert(settings.end(), more.begin(), more.end());
		settings.push_back(kNames);
		env.push_back("PYTHONPATH=" + std::filesystem::current_path().string() + "/python");
		Begin(env, settings, command);
	}
	void BeginAnswer()
	{
		connection_ = std::make_unique<Connection>(url());
		stream_ = std::make_unique<Stream>(connection_.get());
		ASSERT_TRUE(stream_->Began()) << service_->log();
	}
	// What that generation has written down.
	std::vector<uint64_t> Ticks(int generation) const
	{
		std::istringstream lines(
			ReadFile(service_->directory() + "/ticks-" + std::to_string(generation)));
		std::vector<uint64_t> numbers;
		uint64_t number = 0;

		while (lines >> number)
			numbers.push_back(number);
		return numbers;
	}
	bool EventuallyTicks(int generation, size_t count) const
	{
		return Eventually([&] { return Ticks(generation).size() >= count; });
	}
	static void ExpectFrom(const std::vector<uint64_t> &ticks, uint64_t first)
	{
		for (size_t i = 0; i < ticks.size(); i++)
			ASSERT_EQ(ticks[i], first + i);
	}

	std::unique_ptr<Connection> connection_;
	std::unique_ptr<Stream> stream_;
};

class MergeTickTest : public MergeThreadsTest, public testing::WithParamInterface<Ticking>
{
};

TEST_P(MergeTickTest, NoTickIsDoneTwice)
{
	BeginProgram(GetParam().command, {"STREAM_S=2", std::string("TICK=") + GetParam().tick});
	ASSERT_TRUE(EventuallyTicks(1, 50)) << service_->log();
	BeginAnswer();
	SwapNow();
	ASSERT_EQ(Last()["answers_drained"], 1) << Last();
	ASSERT_TRUE(EventuallyTicks(2, 200)) << service_->log();
	EXPECT_TRUE(stream_->Finish().whole) << service_->log();
	EXPECT_TRUE(NothingPending()) << service_->log();
	ASSERT_TRUE(EventuallyTicks(2, Ticks(2).size() + 50)) << service_->log();
	EXPECT_EQ(History()["answered"], 1) << service_->log();
	std::vector<uint64_t> old = Ticks(1);
	ExpectFrom(old, 1);
	ExpectFrom(Ticks(2), old.size() + 1);
	std::cout << old.size() << " ticks, then " << Ticks(2).size() << "\n";
}

INSTANTIATE_TEST_SUITE_P(Programs, MergeTickTest, testing::ValuesIn(kTickings),
	[](const testing::TestParamInfo<Ticking> &of) { return std::string(of.param.name); });

// The new version dies while the old one answers, and after that.
TEST_F(MergeThreadsTest, AGiveBackLetsThemGoOn)
{
	BeginProgram(kThreads, {"STREAM_S=2", "TICK=sleep"}, {"service.ready_after: 60s"});
	ASSERT_TRUE(EventuallyTicks(1, 50)) << service_->log();
	int first = static_cast<int>(service_->ProgramPid());
	BeginAnswer();
	int second = SwapNow();
	ASSERT_TRUE(EventuallyTicks(2, 50)) << service_->log();
	size_t before = Ticks(1).size();
	EXPECT_EQ(Ticks(2)[0], before + 1);
	ASSERT_EQ(kill(second, SIGKILL), 0);
	ASSERT_TRUE(Eventually([&] { return service_->ProgramPid() == first; }));
	EXPECT_TRUE(EventuallyTicks(1, before + 50)) << service_->log();
	EXPECT_TRUE(stream_->Finish().whole) << service_->log();
	EXPECT_EQ(History()["answered"], 1) << service_->log();
	ExpectFrom(Ticks(1), 1);
	EndProbation({"handoff.on_busy: merge", kNames});
	ASSERT_TRUE(EventuallyTicks(3, 50)) << service_->log();
	EXPECT_EQ(Ticks(3)[0], Ticks(1).size() + 1);
}

// What the answer remembers at its end is lost, and that alone.
TEST_F(MergeThreadsTest, NorIsItWhereNothingIsMerged)
{
	BeginProgram(
		kThreads, {"STREAM_S=1", "TICK=sleep"}, {"service.ready_after: 100ms"}, "drain");
	ASSERT_TRUE(EventuallyTicks(1, 50)) << service_->log();
	BeginAnswer();
	SwapNow();
	ASSERT_TRUE(EventuallyTicks(2, 200)) << service_->log();
	EXPECT_TRUE(stream_->Finish().whole) << service_->log();
	ExpectOldGone();
	ExpectFrom(Ticks(1), 1);
	ExpectFrom(Ticks(2), Ticks(1).size() + 1);
}

class MergePoolTest : public MergeThreadsTest, public testing::WithParamInterface<const char *>
{
};

// The thread that makes the answer never touches its connection. One that has slept before the first
// request looks like any other background thread, until an answer does not come on.
TEST_P(MergePoolTest, AnAnswerOfAPoolIsHeardToItsEnd)
{
	BeginProgram(kTickings[4].command,
		{"STREAM_S=1.2", "TICK=sleep", std::string("POOL=") + GetParam()});
	ASSERT_TRUE(EventuallyTicks(1, 50)) << service_->log();
	BeginAnswer();
	SwapNow();
	ASSERT_EQ(Last()["answers_drained"], 1) << Last();
	Told told = stream_->Finish();
	EXPECT_TRUE(told.whole && told.exact) << told.Text() << service_->log();
	EXPECT_EQ(Logged("background threads of process"), GetParam() == std::string("slept"));
	EXPECT_TRUE(NothingPending()) << service_->log();
	EXPECT_EQ(History()["answered"], 1) << service_->log();
}

INSTANTIATE_TEST_SUITE_P(Pools, MergePoolTest, testing::Values("1", "early", "slept"),
	[](const auto &of) { return "pool_" + std::string(of.param); });

} // namespace aet
