// From the dump on no thread of the old process runs: what a thread writes all the time arrives, and
// nothing is written after it. An undone swap lets them go on. A thread that cannot be stopped refuses
// the swap.

#include "counter_service.h"

#include <cstring>
#include <future>
#include <sstream>

namespace aet
{

struct Shape {
	const char *name;
	std::vector<std::string> command;
	std::vector<std::string> env;
	std::vector<std::string> settings;
	const char *load_fault;
	const char *load_reason;
};

static const std::vector<std::string> kNames = {"handoff.state: [\"ticker:STATE\"]"};
static const std::vector<std::string> kPython = {"/usr/bin/python3", "{T}/ticker.py"};

static const Shape kShapes[] = {
	{"python", kPython, {}, kNames, "nameless", "state_missing"},
	{"python_forked", kPython, {"SHAPE=forked"}, kNames, "nameless", "state_missing"},
	{"c", {"{B}/ticker"}, {}, {}, "load_error", "load_failed"},
	{"c_allocates", {"{B}/ticker"}, {"ALLOCATE=1"}, {}, "load_error", "load_failed"},
};

class StandStillTest : public CounterTest, public testing::WithParamInterface<Shape>
{
      protected:
	void BeginTicking(std::vector<std::string> env = {})
	{
		std::vector<std::string> settings = GetParam().settings;

		env.insert(env.end(), GetParam().env.begin(), GetParam().env.end());
		settings.push_back("service.ready_after: 100ms");
		Begin(env, settings, GetParam().command);
		ASSERT_TRUE(Eventually([&] { return Ticks(1).size() > 20; })) << service_->log();
	}
	// What one thread of that generation has written down.
	std::vector<uint64_t> Ticks(int generation)
	{
		std::istringstream lines(
			ReadFile(service_->directory() + "/ticks-" + std::to_string(generation)));
		std::vector<uint64_t> numbers;
		std::string line;

		while (std::getline(lines, line)) {
			size_t space = line.find(' ');

			if (space == std::string::npos)
				numbers.push_back(std::stoull(line));
			else if (line.compare(0, space, "1") == 0)
				numbers.push_back(std::stoull(line.substr(space)));
		}
		return numbers;
	}
	// The first number after the load: until then it counted from 0, as every candidate does.
	static uint64_t FirstLoaded(const std::vector<uint64_t> &ticks)
	{
		for (size_t i = 0; i < ticks.size(); i++)
			if (ticks[i] != i + 1)
				return ticks[i];
		return 0;
	}
};

// The number that was written last has arrived; one more where the thread had counted, and not
// written yet.
TEST_P(StandStillTest, EveryTickArrives)
{
	BeginTicking();
	for (int generation = 1; generation <= 5; generation++) {
		std::vector<uint64_t> before;
		uint64_t first = 0;

		Swap();
		ASSERT_TRUE(Eventually(
			[&] { return (first = FirstLoaded(Ticks(generation + 1))) > 0; }));
		before = Ticks(generation);
		EXPECT_GE(first, before.back() + 1) << before.back();
		EXPECT_LE(first, before.back() + 2) << before.back();
		ASSERT_TRUE(Eventually([&] { return Ticks(generation + 1).size() > 50; }));
	}
}

// Threads that never sleep: what came is what the old process had when it was killed.
class SpinningTest : public CounterTest, public testing::WithParamInterface<const char *>
{
      protected:
	std::vector<uint64_t> Spins(int generation)
	{
		std::string bytes =
			ReadFile(service_->directory() + "/spins-" + std::to_string(generation));
		std::vector<uint64_t> numbers(bytes.size() / sizeof(uint64_t));

		memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(uint64_t));
		return numbers;
	}
};

TEST_P(SpinningTest, TheCopyIsTheInstant)
{
	Begin({"SPIN=1", GetParam()}, {"service.ready_after: 100ms"}, {"{B}/ticker"});
	for (int generation = 1; generation <= 5; generation++) {
		uint64_t loaded = 0;

		Swap();
		std::istringstream lines(ReadFile(
			service_->directory() + "/loaded-" + std::to_string(generation + 1)));
		for (uint64_t last : Spins(generation)) {
			ASSERT_TRUE(lines >> loaded);
			EXPECT_GE(loaded, last);
			EXPECT_LE(loaded, last + 1);
		}
	}
}

INSTANTIATE_TEST_SUITE_P(Threads, SpinningTest, testing::Values("", "ALLOCATE=1"),
	[](const testing::TestParamInfo<const char *> &threads) {
		return threads.param[0] ? "that_allocate" : "that_count";
	});

TEST_P(StandStillTest, AnUndoneSwapLetsThemGoOn)
{
	BeginTicking();
	for (int i = 0; i < 3; i++) {
		size_t before = Ticks(1).size();

		service_->SetFault(GetParam().load_fault);
		service_->SetVersion(99);
		EXPECT_EQ(service_->Reload().code, 1) << service_->log();
		EXPECT_EQ(Reason(), GetParam().load_reason) << service_->log();
		EXPECT_TRUE(Eventually([&] { return Ticks(1).size() > before + 50; }));
	}
	std::vector<uint64_t> ticks = Ticks(1);
	for (size_t i = 0; i < ticks.size(); i++)
		ASSERT_EQ(ticks[i], i + 1);
}

TEST_P(StandStillTest, AThreadThatBlocksAllSignalsRefuses)
{
	BeginTicking({"BLIND=1"});
	service_->SetVersion(99);
	Output reload = service_->Reload();
	EXPECT_EQ(reload.code, 1) << service_->log();
	EXPECT_EQ(Reason(), "no_safe_point") << service_->log();
	EXPECT_NE(reload.err.find(std::to_string(service_->ProgramPid())), std::string::npos)
		<< reload.err;
	EXPECT_NE(reload.err.find("blocks signal"), std::string::npos) << reload.err;
	size_t before = Ticks(1).size();
	EXPECT_TRUE(Eventually([&] { return Ticks(1).size() > before + 50; }));
	EXPECT_EQ(service_->Get().substr(0, 3), "v1 ");
}

// A thread that begins when its version serves: it has never counted anything of its own, and goes on
// where the old one stood.
TEST_F(CounterTest, AThreadMayWaitUntilItsVersionServes)
{
	Begin({"SERVING=1"}, {kNames[0], "service.ready_after: 100ms"}, kPython);
	for (int generation = 1; generation <= 3; generation++) {
		std::string file = service_->directory() + "/ticks-";

		ASSERT_TRUE(Eventually([&] {
			return ReadFile(file + std::to_string(generation)).size() > 100;
		})) << service_->log();
		Swap();
		std::istringstream before(ReadFile(file + std::to_string(generation)));
		ASSERT_TRUE(Eventually([&] {
			return !ReadFile(file + std::to_string(generation + 1)).empty();
		})) << service_->log();
		std::istringstream after(ReadFile(file + std::to_string(generation + 1)));
		uint64_t last = 0;
		uint64_t first = 0;
		while (before >> last)
			;
		after >> first;
		EXPECT_GE(first, last + 1);
		EXPECT_LE(first, last + 2);
	}
}

// An answer is under way, whose thread sleeps as the others do: they stand still, and it goes on.
class StandWhileAnsweringTest : public StandStillTest
{
      protected:
	std::string Finish(std::future<std::string> *answer)
	{
		WriteFile(service_->directory() + "/finish", "");
		return answer->get();
	}
};

TEST_P(StandWhileAnsweringTest, OnlyTheAnswerGoesOn)
{
	BeginTicking();
	std::vector<std::string> settings = GetParam().settings;
	settings.insert(settings.end(),
		{"handoff.on_busy: drain", "handoff.settle_timeout: 100ms",
			"handoff.timeout: 200ms", "service.ready_after: 100ms"});
	service_->WriteConfiguration(settings);
	std::future<std::string> answer =
		std::async(std::launch::async, [&] { return service_->Get("/slow"); });
	ASSERT_TRUE(Eventually([&] { return service_->Status()["connections"]["in_flight"] == 1; }))
		<< service_->log();
	Swap();
	std::vector<uint64_t> before = Ticks(1);
	uint64_t first = 0;
	ASSERT_TRUE(Eventually([&] { return (first = FirstLoaded(Ticks(2))) > 0; }));
	size_t loaded = Ticks(2).size();
	ASSERT_TRUE(Eventually([&] { return Ticks(2).size() > loaded + 100; }));
	EXPECT_EQ(Ticks(1).size(), before.size());
	EXPECT_GE(first, before.back() + 1);
	EXPECT_LE(first, before.back() + 2);
	EXPECT_EQ(Finish(&answer).substr(0, 3), "v1 ") << service_->log();
}

static std::string Name(const testing::TestParamInfo<Shape> &info)
{
	return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(
	Shapes, StandWhileAnsweringTest, testing::Values(kShapes[2], kShapes[3]), Name);
INSTANTIATE_TEST_SUITE_P(Shapes, StandStillTest, testing::ValuesIn(kShapes), Name);

} // namespace aet
