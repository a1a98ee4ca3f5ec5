// A program with state and `connections: drain`: the library hooks reading and writing only
// because of the state, as a dump could not be taken whole otherwise. Where the state shows too
// late for the first generation, the log says what is not held. Draining itself:
// drain_connections_test.cc.

#include "counter_service.h"

#include <csignal>
#include <thread>

namespace aet
{

constexpr char kDrain[] = "handoff.connections: drain";
constexpr char kNotFollowed[] = "its connections are not followed (connections: drain)";

class StateConnectionsDrainTest : public CounterTest
{
      protected:
	bool IsFollowed() const
	{
		return ReadFile("/proc/" + std::to_string(service_->ProgramPid()) + "/maps")
			       .find("/plain/libaeterna_preload.so") == std::string::npos;
	}
	// Clients that come again when they are closed, as all are at the commit.
	void CountLines()
	{
		CountingShape shape;

		shape.raw = true;
		Count(shape);
	}
	// No number is given twice: after its dump no thread of the old one read any more.
	void SwapAndExpectNothingTwice(int swaps)
	{
		for (int i = 0; i < swaps; i++) {
			Swap();
			EXPECT_TRUE(counting_->More(100));
			EXPECT_TRUE(counting_->Reopened((i + 1) * 16u));
		}
		Tally tally = counting_->Finish();
		EXPECT_EQ(tally.repeated, 0u) << tally.Text();
		EXPECT_EQ(tally.back, 0u) << tally.Text();
		EXPECT_LE(tally.missing, tally.failures.size()) << tally.Text();
	}
};

TEST_F(StateConnectionsDrainTest, FromTheDumpOnNoThreadReadsAnyMore)
{
	Begin({"SHAPE=threads", "RAW=1"}, {kDrain, "service.ready_after: 100ms"});
	EXPECT_TRUE(IsFollowed());
	CountLines();
	SwapAndExpectNothingTwice(3);
	EXPECT_EQ(service_->log().find(kNotFollowed), std::string::npos) << service_->log();
}

TEST_F(StateConnectionsDrainTest, ARequestInFlightIsWaitedFor)
{
	Begin({"SHAPE=threads"}, {kDrain, "service.ready_after: 100ms"});
	std::string answer;
	std::thread client([&] { answer = service_->Get("/slow/700"); });
	EXPECT_TRUE(Eventually([&] { return service_->Status()["connections"]["open"] == 1; }));
	Swap();
	client.join();
	EXPECT_EQ(answer, "v1 1\n");
	EXPECT_EQ(service_->Get(), "v2 2\n");
}

// The file of the program does not tell: the first generation is what it is, and says so.
TEST_F(StateConnectionsDrainTest, HooksInALibraryAreFollowedFromTheSecondGenerationOn)
{
	Begin({"SHAPE=threads", "RAW=1"}, {kDrain, "service.ready_after: 100ms"},
		{"{B}/opener", "{B}/counter.so"});
	EXPECT_FALSE(IsFollowed());
	EXPECT_NE(service_->log().find(std::string("generation 1 has state, and ") + kNotFollowed),
		std::string::npos)
		<< service_->log();
	Swap();
	EXPECT_TRUE(IsFollowed());
	CountLines();
	SwapAndExpectNothingTwice(2);
	EXPECT_EQ(service_->log().find("generation 2 has state, and"), std::string::npos);
}

TEST_F(StateConnectionsDrainTest, AndFromTheStartAfterACrash)
{
	Begin({}, {kDrain}, {"{B}/opener", "{B}/counter.so"});
	EXPECT_FALSE(IsFollowed());
	kill(service_->ProgramPid(), SIGKILL);
	EXPECT_TRUE(Eventually([&] { return service_->Status()["generation"] == 2; }));
	EXPECT_EQ(service_->Get(), "v1 1\n");
	EXPECT_TRUE(IsFollowed());
}

TEST_F(StateConnectionsDrainTest, NamesInTheConfigurationAreKnownAtOnce)
{
	Begin({}, {kDrain, "handoff.state: [\"counter_asyncio:STATE\"]"},
		{"/usr/bin/python3", "{T}/counter_asyncio.py"});
	EXPECT_TRUE(IsFollowed());
}

TEST_F(StateConnectionsDrainTest, WithoutStateNothingIsFollowed)
{
	Begin({}, {kDrain}, {"{B}/counter-bare"});
	EXPECT_FALSE(IsFollowed());
}

} // namespace aet
