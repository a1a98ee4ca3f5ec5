// handoff.on_busy: merge, and something dies, takes too long or comes too often: what an older
// generation writes is merged once, or it is said that it is lost.

#include "merging_agent.h"

#include <csignal>

namespace aet
{

class MergeFaultTest : public MergeTest
{
      protected:
	// One answer has begun, and its generation is the older one now.
	void BeginAnswer(const std::vector<std::string> &settings, const char *stream_s)
	{
		std::vector<std::string> all = ShortWaits("merge");
		std::vector<std::string> env = {std::string("STREAM_S=") + stream_s, "MODULE=1",
			"PYTHONPATH=" + std::filesystem::current_path().string() + "/python"};

		all.insert(all.end(), settings.begin(), settings.end());
		Begin(env, all, {"/usr/bin/python3", "{T}/../../examples/streaming_agent.py"});
		first_ = static_cast<int>(service_->ProgramPid());
		connection_ = std::make_unique<Connection>(url());
		stream_ = std::make_unique<Stream>(connection_.get());
		ASSERT_TRUE(stream_->Began());
		second_ = SwapNow();
		ASSERT_EQ(Last()["answers_drained"], 1) << Last();
	}
	bool EventuallyMerge(const std::string &what, int number) const
	{
		return Eventually([&] { return Merge(what) == number; }, Milliseconds(20000));
	}
	bool Serves(int pid) const
	{
		return Eventually([&] { return service_->ProgramPid() == pid; });
	}

	std::unique_ptr<Connection> connection_;
	std::unique_ptr<Stream> stream_;
	int second_ = 0;
};

// The older one goes on with its own memory, and what was merged elsewhere is not merged twice.
TEST_F(MergeFaultTest, WhatIsGivenBackHasWhatItWrote)
{
	BeginAnswer({"service.ready_after: 60s"}, "3");
	ExpectWhole(stream_->Finish(), first_);
	EXPECT_TRUE(NothingPending()) << service_->log();
	EXPECT_EQ(History()["answered"], 1);
	ASSERT_EQ(kill(second_, SIGKILL), 0);
	ASSERT_TRUE(Serves(first_)) << service_->log();
	EXPECT_EQ(History()["answered"], 1) << service_->log();
	EXPECT_EQ(service_->Status()["last_swap"]["reason"], "exited_after_commit");
	EXPECT_EQ(Merge("pending"), 0) << service_->log();
	EndProbation({"handoff.on_busy: merge"});
	EXPECT_EQ(History()["answered"], 1) << service_->log();
}

// The new one dies while the older one still answers.
TEST_F(MergeFaultTest, WhatIsGivenBackGoesOnWithItsAnswers)
{
	BeginAnswer({"service.ready_after: 60s"}, "4");
	ASSERT_EQ(kill(second_, SIGKILL), 0);
	ASSERT_TRUE(Serves(first_)) << service_->log();
	ExpectWhole(stream_->Finish(), first_);
	EXPECT_EQ(History()["answered"], 1) << service_->log();
	EXPECT_EQ(Merge("pending"), 0) << service_->log();
	EXPECT_EQ(Merge("lost"), 0) << service_->log();
	EndProbation({"handoff.on_busy: merge"});
	EXPECT_EQ(History()["answered"], 1) << service_->log();
}

// What was merged into the dead one is merged into the one that starts with the kept state.
TEST_F(MergeFaultTest, AStartWithTheKeptStateGetsItAgain)
{
	BeginAnswer({"service.ready_after: 60s", "handoff.drain_timeout: 8s",
			    "service.stop_timeout: 1s"},
		"3");
	ExpectWhole(stream_->Finish(), first_);
	EXPECT_TRUE(NothingPending()) << service_->log();
	ASSERT_TRUE(Eventually([&] { return kill(first_, 0) < 0; }, Milliseconds(20000)))
		<< service_->log();
	ASSERT_EQ(kill(second_, SIGKILL), 0);
	ASSERT_TRUE(Eventually([&] {
		return service_->ProgramPid() > 0 && service_->ProgramPid() != second_;
	})) << service_->log();
	EXPECT_TRUE(Eventually([&] { return History()["answered"] == 1; })) << service_->log();
	EXPECT_EQ(History()["asked"], 1) << service_->log();
	EndProbation({"handoff.on_busy: merge"});
	EXPECT_EQ(History()["answered"], 1) << service_->log();
}

TEST_F(MergeFaultTest, WhatDrainTimeoutCutsIsCounted)
{
	BeginAnswer({"handoff.drain_timeout: 200ms", "service.stop_timeout: 200ms",
			    "service.ready_after: 100ms"},
		"30");
	EXPECT_TRUE(EventuallyMerge("cut", 1)) << service_->Status();
	ExpectOldGone();
	EXPECT_FALSE(stream_->Finish().whole);
	EXPECT_TRUE(NothingPending()) << service_->log();
	EXPECT_EQ(Merge("lost"), 0);
	EXPECT_TRUE(Logged("drain_timeout is up: what 1 answers of generation 1 write"))
		<< service_->log();
	EXPECT_EQ(History()["asked"], 1);
}

TEST_F(MergeFaultTest, WhatDiesWithTheOldOneIsSaid)
{
	BeginAnswer({"service.ready_after: 100ms"}, "30");
	ASSERT_EQ(kill(first_, SIGKILL), 0);
	EXPECT_TRUE(EventuallyMerge("lost", 1)) << service_->Status();
	EXPECT_TRUE(Logged("what generation 1 wrote after its state was dumped is lost"));
	EXPECT_EQ(Merge("pending"), 0);
	EXPECT_EQ(History()["asked"], 1);
}

// Four older ones are the most: a fifth swap would cut the first.
TEST_F(MergeFaultTest, ASwapThatWouldCutIsRefused)
{
	std::vector<std::unique_ptr<Connection>> connections;
	std::vector<std::unique_ptr<Stream>> streams;

	BeginAnswer({"service.ready_after: 100ms"}, "30");
	for (int i = 0; i < 3; i++) {
		connections.push_back(std::make_unique<Connection>(url()));
		streams.push_back(std::make_unique<Stream>(connections.back().get()));
		ASSERT_TRUE(streams.back()->Began());
		SwapNow();
	}
	Output reload = service_->Reload();
	EXPECT_EQ(reload.code, 1) << reload.err;
	EXPECT_EQ(Reason(), "busy") << reload.err;
	EXPECT_NE(reload.err.find("generation 1 still answers"), std::string::npos) << reload.err;
	EXPECT_EQ(service_->Status()["generation"], 5);
	EXPECT_EQ(Merge("pending"), 4);
}

} // namespace aet
