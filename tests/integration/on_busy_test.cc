// A chat agent (examples/streaming_agent.py) whose answer is always under way: what each value of
// handoff.on_busy does to the listeners of that answer, to other clients, and to the history
// (aeterna.yaml(5)). busy_clients_test.cc has short answers. `make test-streams`: answers of
// AET_STREAM_S seconds, 20, and more swaps.

#include "streaming_agent.h"

#include <cstdlib>
#include <iostream>

namespace aet
{

class OnBusyAlwaysTest : public AgentTest
{
      protected:
	void BeginRelay(const std::string &on_busy)
	{
		const char *stream_s = getenv("AET_STREAM_S");

		swaps_ = stream_s ? 3 : 1;
		BeginUnmodified(ShortWaits(on_busy),
			{std::string("STREAM_S=") + (stream_s ? stream_s : "0.8")});
		Count();
		relay_ = std::make_unique<Relay>(url());
		ASSERT_TRUE(relay_->More(2)) << service_->log();
	}
	// What is under way is told to its end, and all that comes is right.
	void EndRelay()
	{
		told_ = relay_->Finish();
		for (const Told &told : told_) {
			EXPECT_TRUE(told.exact && !told.hung) << told.Text() << service_->log();
			cut_ += !told.whole;
		}
		EXPECT_EQ(relay_->reopened(), cut_);
	}
	// The questions are remembered, and of the answers all but so many.
	void ExpectForgotten(int answers)
	{
		nlohmann::json history = History();

		EXPECT_EQ(history["asked"], told_.size()) << All();
		EXPECT_EQ(history["answered"], static_cast<int>(told_.size()) - answers) << All();
	}
	// Nobody else lost a request, or has seen the count skip.
	void ExpectNobodyElseNoticed(size_t versions)
	{
		Tally tally = ExpectExact();

		EXPECT_EQ(tally.versions.size(), versions) << tally.Text();
		std::cout << told_.size() << " streams, " << cut_ << " of them cut; "
			  << tally.answers << " other answers, the slowest " << tally.slowest_ms
			  << " ms\n";
	}
	std::string All() const
	{
		std::string text = service_->log();

		for (const Told &told : told_)
			text += told.Text();
		return text;
	}

	std::unique_ptr<Relay> relay_;
	std::vector<Told> told_;
	int swaps_ = 0;
	int cut_ = 0;
};

TEST_F(OnBusyAlwaysTest, RollbackChangesNothing)
{
	BeginRelay("rollback");
	for (int i = 1; i <= swaps_; i++) {
		Output reload = service_->Reload();
		EXPECT_EQ(reload.code, 1) << service_->log();
		EXPECT_NE(reload.err.find("busy"), std::string::npos) << reload.err;
		nlohmann::json status = service_->Status();
		nlohmann::json last = status["last_swap"];
		EXPECT_EQ(last["reason"], "busy") << status;
		EXPECT_NE(last["detail"].dump().find("requests were in flight"), std::string::npos);
		EXPECT_EQ(last["answers_cut"], 0) << status;
		EXPECT_EQ(last["answers_drained"], 0) << status;
		EXPECT_EQ(status["swaps"]["rolled_back"], i) << status;
		EXPECT_TRUE(counting_->More(50));
		EXPECT_TRUE(relay_->More(2));
	}
	EXPECT_TRUE(Logged("swap undone, generation 1 serves on: busy: "));
	EndRelay();
	for (const Told &told : told_)
		ExpectWhole(told, first_);
	ExpectForgotten(0);
	// Nothing is under way any more.
	EXPECT_NE(SwapNow(), first_);
	ExpectForgotten(0);
	EXPECT_TRUE(counting_->More(50));
	ExpectNobodyElseNoticed(2);
}

TEST_F(OnBusyAlwaysTest, CloseCutsWhatIsUnderWayAndCountsIt)
{
	int cut = 0;

	BeginRelay("close");
	for (int i = 0; i < swaps_; i++) {
		SwapNow();
		nlohmann::json last = Last();
		EXPECT_GE(last["answers_cut"], 1) << last;
		EXPECT_EQ(last["answers_drained"], 0) << last;
		cut += last["answers_cut"].get<int>();
		ExpectOldGone();
		EXPECT_TRUE(counting_->More(50));
		EXPECT_TRUE(relay_->More(2));
	}
	EXPECT_TRUE(Logged("requests are in flight: they are cut at the commit"));
	EXPECT_TRUE(Logged("answers under way: ")) << service_->log();
	EndRelay();
	EXPECT_EQ(cut_, cut) << All();
	ExpectForgotten(cut);
	ExpectNobodyElseNoticed(static_cast<size_t>(swaps_) + 1);
}

TEST_F(OnBusyAlwaysTest, DrainTellsItToItsEndAndForgetsIt)
{
	int drained = 0;

	BeginRelay("drain");
	for (int i = 0; i < swaps_; i++) {
		int pid = SwapNow();
		nlohmann::json status = service_->Status();
		nlohmann::json last = status["last_swap"];
		EXPECT_GE(last["answers_drained"], 1) << last;
		EXPECT_EQ(last["answers_cut"], 0) << last;
		drained += last["answers_drained"].get<int>();
		EXPECT_EQ(History()["pid"], pid);
		EXPECT_TRUE(counting_->More(50));
		EXPECT_TRUE(relay_->More(2));
	}
	EXPECT_TRUE(Logged("they run to their end in the old generation"));
	EndRelay();
	EXPECT_EQ(cut_, 0) << All();
	ExpectForgotten(drained);
	ExpectOldGone();
	ExpectNobodyElseNoticed(static_cast<size_t>(swaps_) + 1);
}

using OnBusyOnceTest = AgentTest;

// The intake is open meanwhile, and nobody waits for the answer but the swap.
TEST_F(OnBusyOnceTest, AQuietMomentWithinSettleTimeoutIsTaken)
{
	BeginUnmodified({}, {"STREAM_S=1.5"});
	Count();
	Connection connection(url());
	Stream stream(&connection);
	ASSERT_TRUE(stream.Began());
	Process reload = service_->ReloadMeanwhile();
	ASSERT_TRUE(service_->WaitForState("swapping"));
	EXPECT_TRUE(counting_->More(50));
	EXPECT_EQ(service_->Status()["generation"], 1);
	ExpectWhole(stream.Finish(), first_);
	EXPECT_EQ(reload.Wait(), 0) << service_->log();
	EXPECT_LT(Last()["pause_ms"], 500) << Last();
	EXPECT_EQ(History()["answered"], 1);
	ExpectNext(connection, static_cast<int>(service_->ProgramPid()));
	ExpectExact();
}

// What one swap left to its end is none of the next one's business, which finds a quiet moment.
TEST_F(OnBusyOnceTest, DrainGoesOnThroughTheNextSwap)
{
	BeginUnmodified(ShortWaits("drain"), {"STREAM_S=3"});
	Connection connection(url());
	Stream stream(&connection);
	ASSERT_TRUE(stream.Began());
	SwapNow();
	EXPECT_EQ(Last()["answers_drained"], 1) << Last();
	int third = SwapNow();
	EXPECT_EQ(Last()["answers_drained"], 0) << Last();
	EXPECT_EQ(InFlight(), 1);
	ExpectWhole(stream.Finish(), first_);
	ExpectNext(connection, third);
	EXPECT_EQ(History()["answered"], 0);
}

// Its exit handlers would save an old history over the new one.
TEST_F(OnBusyOnceTest, TheOldOneIsNotAskedToEnd)
{
	BeginUnmodified(ShortWaits("drain"), {"STREAM_S=0.8"});
	Connection connection(url());
	Stream stream(&connection);
	ASSERT_TRUE(stream.Began());
	SwapNow();
	ExpectWhole(stream.Finish(), first_);
	ExpectOldGone();
	EXPECT_TRUE(Logged("generation 1 is ended: its connections are gone")) << service_->log();
}

} // namespace aet
