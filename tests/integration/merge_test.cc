// handoff.on_busy: merge. examples/streaming_agent.py answers at every moment, through many swaps:
// every answer is heard to its end, and every turn is in the history exactly once. AET_STREAM_S
// makes the answers as long as a model's (`make test-streams`).

#include "merging_agent.h"

namespace aet
{

TEST_F(MergeTest, EveryTurnOnceThroughTenSwaps)
{
	BeginWithModule(MechanismAnd("shm"), {StreamS("1.5")});
	Talk(10);
}

TEST_F(MergeTest, AlsoThroughAPipe)
{
	BeginWithModule(MechanismAnd("pipe"), {StreamS("1.2")});
	Talk(3);
}

// --- other servers, by names in the file ---

class MergeServerTest : public MergeTest, public testing::WithParamInterface<const char *>
{
      protected:
	void BeginServer(
		const std::vector<std::string> &command, const std::vector<std::string> &env)
	{
		std::vector<std::string> settings = MechanismAnd(GetParam());
		std::vector<std::string> all = env;

		settings.push_back("handoff.state: [\"streaming_history:HISTORY\"]");
		settings.push_back("service.ready_after: 100ms");
		all.push_back("PYTHONPATH=" + std::filesystem::current_path().string() + "/python");
		Begin(all, settings, command);
		first_ = static_cast<int>(service_->ProgramPid());
	}
};

// uvloop waits in libuv.
TEST_P(MergeServerTest, Uvicorn)
{
	BeginServer({"{V}/python", "-m", "uvicorn", "--app-dir", "{T}", "--port", "{P}",
			    "--no-access-log", "--timeout-keep-alive", "120", "streaming_asgi:app"},
		{StreamS("1.2")});
	Talk(3);
}

// The main thread merges while others write, under their lock.
TEST_P(MergeServerTest, Threads)
{
	BeginServer({"/usr/bin/python3", "{T}/streaming_threads.py"}, {StreamS("1.2")});
	Talk(3);
}

// Each of two workers has a history of its own, and the n-th merges what the n-th wrote.
TEST_P(MergeServerTest, GunicornsWorkers)
{
	std::map<int, nlohmann::json> histories;
	size_t asked = 0;
	size_t answered = 0;

	BeginServer({"{V}/gunicorn", "--chdir", "{T}", "-w", "2", "-k", "gthread", "--threads", "4",
			    "-b", "127.0.0.1:{P}", "streaming_wsgi:app"},
		{StreamS("1.2")});
	Relay relay(url());
	ASSERT_TRUE(relay.More(2)) << service_->log();
	for (int i = 0; i < 3; i++) {
		SwapNow();
		EXPECT_EQ(Last()["answers_cut"], 0) << Last();
		EXPECT_TRUE(relay.More(3)) << service_->log();
	}
	std::vector<Told> told = relay.Finish();
	for (const Told &one : told) // gunicorn writes sizes of chunks in capitals
		EXPECT_TRUE(one.whole) << one.Text() << service_->log();
	EXPECT_TRUE(NothingPending()) << service_->Status() << service_->log();
	ASSERT_TRUE(Eventually([&] {
		nlohmann::json history = History();

		histories[history["pid"]] = history;
		return histories.size() == 2;
	})) << service_->log();
	for (const auto &[pid, history] : histories) {
		asked += history["asked"].get<size_t>();
		answered += history["answered"].get<size_t>();
	}
	EXPECT_EQ(asked, told.size()) << service_->log();
	EXPECT_EQ(answered, told.size()) << service_->log();
	EXPECT_EQ(Merge("lost"), 0) << service_->log();
	EXPECT_GE(Merge("taken") + Merge("decided"), 1) << service_->Status();
	std::cout << told.size() << " streams; " << service_->Status()["merge"] << "\n";
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, MergeServerTest, testing::Values("shm", "pipe"),
	[](const auto &of) { return std::string(of.param); });

// --- which programs ---

class MergeDefaultTest : public AgentTest
{
      protected:
	// While an answer is under way.
	Output ReloadBusy()
	{
		Connection connection(url());
		Stream stream(&connection);

		EXPECT_TRUE(stream.Began());
		Output reload = service_->Reload();
		EXPECT_TRUE(stream.Finish().whole) << service_->log();
		return reload;
	}
	std::vector<std::string> Waits()
	{
		return {"handoff.settle_timeout: 100ms", "handoff.timeout: 200ms"};
	}
};

TEST_F(MergeDefaultTest, IsToMergeWhereAFunctionDecides)
{
	BeginWithModule(Waits(), {"STREAM_S=3"});
	EXPECT_EQ(ReloadBusy().code, 0) << service_->log();
	EXPECT_TRUE(Eventually([&] { return History()["answered"] == 1; })) << service_->log();
}

// Its counts cannot be added up by themselves.
TEST_F(MergeDefaultTest, IsToRollBackWhereNothingDecides)
{
	BeginUnmodified(Waits(), {"STREAM_S=3"});
	EXPECT_EQ(ReloadBusy().code, 1);
	EXPECT_EQ(Reason(), "busy") << service_->log();
	EXPECT_EQ(History()["answered"], 1);
}

TEST_F(MergeDefaultTest, WhatTheFileSaysIsDone)
{
	std::vector<std::string> waits = ShortWaits("rollback");

	BeginWithModule(waits, {"STREAM_S=3"});
	EXPECT_EQ(ReloadBusy().code, 1);
	EXPECT_EQ(Reason(), "busy") << service_->log();
}

// Asked for, it is done by the rule alone, and what the rule does not decide is said.
TEST_F(MergeDefaultTest, WithoutAFunctionTheNewOnesStayIsSaid)
{
	BeginUnmodified(ShortWaits("merge"), {"STREAM_S=3"});
	Connection first(url());
	Stream stream(&first);
	ASSERT_TRUE(stream.Began());
	SwapNow();
	Connection second(url());
	Stream other(&second);
	EXPECT_TRUE(stream.Finish().whole);
	EXPECT_TRUE(other.Finish().whole);
	ASSERT_TRUE(Eventually(
		[&] { return service_->Status()["merge"]["pending"] == 0; }, Milliseconds(20000)))
		<< service_->log();
	EXPECT_TRUE(Logged("set aside")) << service_->log();
	EXPECT_GE(service_->Status()["merge"]["set_aside"], 1) << service_->Status();
}

// The old one ends before there is another.
TEST_F(MergeDefaultTest, WithoutOverlapIsToRollBack)
{
	std::vector<std::string> settings = ShortWaits("merge");

	settings.push_back("handoff.overlap: false");
	BeginWithModule(settings, {"STREAM_S=3"});
	EXPECT_EQ(ReloadBusy().code, 1);
	EXPECT_EQ(Reason(), "busy") << service_->log();
	EXPECT_EQ(History()["answered"], 1);
}

// A list at the top: nothing to merge entry by entry.
TEST_F(MergeDefaultTest, WhatIsNoDictionaryIsRefusedByName)
{
	std::vector<std::string> settings = ShortWaits("merge");

	settings.push_back(
		"handoff.state: [\"streaming_agent:HISTORY\", \"streaming_agent:TURNS\"]");
	BeginAgent(settings, {"STREAM_S=3"});
	Output reload = ReloadBusy();
	EXPECT_EQ(reload.code, 1);
	EXPECT_EQ(Reason(), "busy") << service_->log();
	EXPECT_NE(reload.err.find("streaming_agent:TURNS is a int"), std::string::npos)
		<< reload.err;
}

} // namespace aet
