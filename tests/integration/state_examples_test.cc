// The examples that know nothing of the hand-over, under load: every request is answered within a
// second, and the count each answer has is exactly one more, over all clients and all versions.
// `make test-state` swaps them ten times with a thousand requests in between, and a gigabyte too.

#include "counter_service.h"

#include <cstdlib>
#include <iostream>

namespace aet
{

static size_t Number(const char *variable, size_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoul(text, nullptr, 10) : otherwise;
}

struct Example {
	const char *name;
	const char *program;
	const char *state;
	const char *mechanism;
	const char *rows; // of vector_agent.py, 1 KiB each
};

static void PrintTo(const Example &example, std::ostream *out)
{
	*out << example.name;
}

class ExamplesTest : public CounterTest, public testing::WithParamInterface<Example>
{
      protected:
	void SetUp() override
	{
		const Example &example = GetParam();

		Begin({std::string("ROWS=") + example.rows},
			{std::string("handoff.mechanism: ") + example.mechanism,
				std::string("handoff.state: [\"") + example.state + "\"]",
				"handoff.timeout: 20s"},
			{"{V}/python", std::string("{T}/../../examples/") + example.program});
	}
};

TEST_P(ExamplesTest, GoOn)
{
	size_t swaps = Number("AET_STATE_SWAPS", 3);
	size_t requests = Number("AET_STATE_REQUESTS", 200);

	Count();
	for (size_t i = 0; i < swaps; i++) {
		Output reload = service_->Reload();
		ASSERT_EQ(reload.code, 0) << reload.err << service_->log();
		EXPECT_TRUE(counting_->More(requests));
		nlohmann::json last = service_->Status()["last_swap"];
		std::cout << GetParam().name << ": " << last["state_bytes"] << " bytes, pause "
			  << last["pause_ms"] << " ms\n";
		EXPECT_GE(last["connections_moved"], 16) << last;
	}
	Tally tally = ExpectExact();
	EXPECT_EQ(tally.versions.size(), swaps + 1) << tally.Text();
	std::cout << GetParam().name << ": " << tally.answers << " answers, the slowest "
		  << tally.slowest_ms << " ms\n";
}

// The large one is for make test-state.
static std::vector<Example> Examples()
{
	std::vector<Example> examples = {
		{"chat", "chat_agent.py", "chat_agent:HISTORY", "pipe", "1"},
		{"vectors", "vector_agent.py", "vector_agent:CACHE", "shm", "102400"},
	};

	if (getenv("AET_STATE_SWAPS"))
		examples.push_back(
			{"gigabyte", "vector_agent.py", "vector_agent:CACHE", "shm", "1048576"});
	return examples;
}

static std::string Name(const testing::TestParamInfo<Example> &info)
{
	return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Agents, ExamplesTest, testing::ValuesIn(Examples()), Name);

} // namespace aet
