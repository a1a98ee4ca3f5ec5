// The state of a program with hooks in C comes along at a swap: a number that every request counts
// up goes on where it was, over all clients and all versions, by both mechanisms.

#include "counter_service.h"

namespace aet
{

constexpr int kSwaps = 10;

struct Way {
	const char *shape;
	const char *mechanism;
};

class StateTest : public CounterTest, public testing::WithParamInterface<Way>
{
      protected:
	std::vector<std::string> Settings() const
	{
		return {std::string("handoff.mechanism: ") + GetParam().mechanism,
			"service.ready_after: 100ms"};
	}
	std::string Shape() const
	{
		return std::string("SHAPE=") + GetParam().shape;
	}
};

TEST_P(StateTest, NumbersGoOnOverTenSwaps)
{
	Begin({Shape()}, Settings());
	Count();
	for (int i = 0; i < kSwaps; i++) {
		Swap();
		nlohmann::json last = service_->Status()["last_swap"];
		EXPECT_GE(last["state_bytes"], 4096) << last;
		EXPECT_EQ(last["mechanism"], GetParam().mechanism) << last;
		EXPECT_GE(last["connections_moved"], 16) << last;
		EXPECT_TRUE(counting_->More(100));
	}
	Tally tally = ExpectExact();
	EXPECT_EQ(tally.versions.size(), kSwaps + 1u) << tally.Text();
	EXPECT_EQ(service_->Status()["swaps"]["committed"], kSwaps);
}

// What is not HTTP is closed at the commit: it is not answered any more from memory that is old. A
// line that was read and not answered is what is cut; it was counted by nobody, or by the old one.
TEST_P(StateTest, OtherProtocolsAreClosedAndNothingIsWrong)
{
	CountingShape shape;

	shape.raw = true;
	Begin({Shape(), "RAW=1"}, Settings());
	Count(shape);
	for (int i = 0; i < 5; i++) {
		Swap();
		EXPECT_TRUE(counting_->More(100));
		// Each has noticed, before the next one closes it again.
		EXPECT_TRUE(counting_->Reopened((i + 1) * 16u));
	}
	Tally tally = counting_->Finish();
	EXPECT_EQ(tally.repeated, 0u) << tally.Text();
	EXPECT_EQ(tally.back, 0u) << tally.Text();
	EXPECT_EQ(tally.late, 0u) << tally.Text();
	EXPECT_LE(tally.missing, tally.failures.size()) << tally.Text();
	for (const std::string &failure : tally.failures)
		EXPECT_EQ(failure.find("connect"), std::string::npos) << failure;
	EXPECT_EQ(tally.reopened, 5u * 16) << tally.Text();
	EXPECT_EQ(tally.versions.size(), 6u) << tally.Text();
}

static std::string Name(const testing::TestParamInfo<Way> &info)
{
	return std::string(info.param.shape) + "_" + info.param.mechanism;
}

static const Way kWays[] = {
	{"loop", "shm"}, {"loop", "pipe"}, {"threads", "shm"}, {"threads", "pipe"}};

INSTANTIATE_TEST_SUITE_P(Ways, StateTest, testing::ValuesIn(kWays), Name);

// --- ways to have hooks ---

struct Hooked {
	const char *name;
	std::vector<std::string> command;
};

class HooksTest : public CounterTest, public testing::WithParamInterface<Hooked>
{
};

TEST_P(HooksTest, AreFound)
{
	Begin({}, {"service.ready_after: 100ms"}, GetParam().command);
	Count();
	for (int i = 0; i < 3; i++) {
		Swap();
		EXPECT_GE(service_->Status()["last_swap"]["state_bytes"], 4096) << service_->log();
	}
	ExpectExact();
}

static const Hooked kHooked[] = {
	{"musl", {"{B}/counter-musl"}}, {"library", {"{B}/opener", "{B}/counter.so"}}};

static std::string NameOfHooked(const testing::TestParamInfo<Hooked> &info)
{
	return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Programs, HooksTest, testing::ValuesIn(kHooked), NameOfHooked);

using StateKindTest = CounterTest;

TEST_F(StateKindTest, ANewVersionWithoutHooksTakesOverOnlyIfItIsToldTo)
{
	Begin({});
	EXPECT_EQ(service_->Get(), "v1 1\n");
	EXPECT_EQ(service_->Get(), "v1 2\n");
	WriteFile(service_->configuration(),
		"service:\n  command: [\"" + service_->Fill("{B}/counter-bare") + "\"]\n");
	ExpectUndone("state_missing", "reload --discard-state");
	EXPECT_EQ(service_->Get(), "v1 3\n");
	Output refused =
		aet::Run({Launcher(), "reload", "--json", "-c", service_->configuration()});
	EXPECT_EQ(refused.code, 1);
	EXPECT_EQ(nlohmann::json::parse(refused.out)["state"], "running") << refused.out;
	service_->SetVersion(++version_);
	Output lost = aet::Run(
		{Launcher(), "reload", "--discard-state", "-c", service_->configuration()});
	EXPECT_EQ(lost.code, 0) << lost.err << service_->log();
	EXPECT_EQ(lost.out, "discarded: all state\n");
	EXPECT_EQ(service_->Get(), "v2 1\n");
	EXPECT_EQ(service_->Status()["last_swap"]["state_bytes"], 0);
}

// shm_open(3) instead: what cannot be sealed is checked and loaded all the same.
TEST_F(StateKindTest, WithoutMemfd)
{
	service_ = std::make_unique<Service>(CounterProgram({"{B}/counter"}, {}));
	service_->DoWithoutMemfd();
	service_->Start();
	Count();
	Swap();
	Swap();
	EXPECT_GE(service_->Status()["last_swap"]["state_bytes"], 4096) << service_->log();
	ExpectExact();
}

TEST_F(StateKindTest, AVersionThatGetsHooksBeginsAnew)
{
	Begin({}, {}, {"{B}/counter-bare"});
	EXPECT_EQ(service_->Get(), "v1 1\n");
	WriteFile(service_->configuration(),
		"service:\n  command: [\"" + service_->Fill("{B}/counter") + "\"]\n");
	Swap();
	EXPECT_EQ(service_->Get(), "v2 1\n");
	Swap();
	EXPECT_EQ(service_->Get(), "v3 2\n");
}

TEST_F(StateKindTest, AHundredMegabytesBySharedMemory)
{
	Begin({"STATE_MIB=100"}, {"service.ready_after: 100ms"});
	Count();
	for (int i = 0; i < 3; i++) {
		Swap();
		EXPECT_GE(service_->Status()["last_swap"]["state_bytes"], 100 << 20);
		EXPECT_TRUE(counting_->More(100));
	}
	ExpectExact();
}

TEST_F(StateKindTest, TenMegabytesByPipe)
{
	Begin({"STATE_MIB=10"}, {"handoff.mechanism: pipe", "service.ready_after: 100ms"});
	Count();
	for (int i = 0; i < 3; i++) {
		Swap();
		EXPECT_GE(service_->Status()["last_swap"]["state_bytes"], 10 << 20);
		EXPECT_TRUE(counting_->More(100));
	}
	ExpectExact();
}

TEST_F(StateKindTest, TooMuchForThePipeIsRefused)
{
	Begin({"STATE_MIB=70"}, {"handoff.mechanism: pipe"});
	Count();
	ExpectUndone("state_too_large", "shm");
	ExpectExact();
}

// 64 MiB with all there is around what the hook wrote: a header, a page with its row.
class PipeEdgeTest : public CounterTest
{
      protected:
	void BeginWith(long bytes)
	{
		// Of which the program writes three words by itself.
		Begin({"STATE_BYTES=" + std::to_string(bytes - 2 * 4096 - 24)},
			{"handoff.mechanism: pipe", "service.ready_after: 100ms"});
		Count();
	}
	static constexpr long kMost = 64L << 20;
};

TEST_F(PipeEdgeTest, ExactlyTheMostTravels)
{
	BeginWith(kMost);
	Swap();
	EXPECT_EQ(service_->Status()["last_swap"]["state_bytes"], kMost);
	ExpectExact();
}

TEST_F(PipeEdgeTest, OneByteMoreIsRefused)
{
	BeginWith(kMost + 1);
	ExpectUndone("state_too_large", "more than 64 MiB through the pipe: use mechanism: shm");
	ExpectExact();
}

// Work that is no request holds the dump, and does not begin while there is one.
TEST_F(StateKindTest, WorkThatSaysSoIsNotCutInTwo)
{
	Begin({"SHAPE=threads", "WORK=1"}, {"service.ready_after: 100ms"});
	for (int i = 0; i < 15; i++)
		Swap();
}

} // namespace aet
