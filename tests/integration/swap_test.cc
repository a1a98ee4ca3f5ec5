// Every program changes its version five times under load, and no request on a new connection
// fails. Kept connections: migrate_programs_test.cc. A state: state_test.cc.

#include <gtest/gtest.h>

#include <cstdio>
#include <iostream>
#include <thread>

#include "samples.h"
#include "service.h"

namespace aet
{

constexpr int kSwaps = 5;
constexpr Milliseconds kLoadPerSwap{1000};

class SwapTest : public testing::TestWithParam<std::string>
{
};

static std::string Name(const testing::TestParamInfo<std::string> &info)
{
	return Identifier(info.param);
}

TEST_P(SwapTest, FiveTimesUnderLoad)
{
	Service service(ProgramNamed(GetParam()), {"handoff.drain_timeout: 3s"});

	service.Start();
	// A program with a backlog of 5 drops connections by itself when a hundred come at once.
	std::string raw = service.directory() + "/raw";
	Load load(service.urls(), {"--ramp", "1s", "--raw", raw});
	ASSERT_TRUE(load.established()) << load.log() << service.log();
	long long start = 0;
	std::string times;
	for (int number = 2; number <= kSwaps + 1; number++) {
		auto end = std::chrono::steady_clock::now() + kLoadPerSwap;

		service.SetVersion(number);
		/* Until the first swap the program's own backlog counts, and what it drops is its own. */
		if (number == 2)
			start = Now();
		times += "swap from " + std::to_string(Now());
		Output reload = service.Reload();
		times += " to " + std::to_string(Now()) + "\n";
		ASSERT_EQ(reload.code, 0) << reload.err << service.log();
		ASSERT_TRUE(load.SawVersion(service.Version())) << service.Version();
		std::this_thread::sleep_until(end); // the load that was promised
	}
	nlohmann::json report = load.Finish();

	RecordProperty("failed_keepalive", report["keepalive"]["failed"].get<int>());
	if (report["new"]["failed"] != 0)
		std::cout << times << "failed in all: " << report["new"]["failed"] << "\n";
	EXPECT_EQ(NewFailedSince(Samples(raw, report), start), 0)
		<< Failures(report) << service.log();
	EXPECT_EQ(report["versions"].size(), kSwaps + 1u);
	EXPECT_GE(report["new"]["ok"], 300 * kSwaps);
	nlohmann::json status = service.Status();
	ASSERT_TRUE(status.is_object());
	EXPECT_EQ(status["swaps"]["committed"], kSwaps);
	EXPECT_EQ(status["swaps"]["rolled_back"], 0);
	EXPECT_EQ(status["generation"], kSwaps + 1);
	EXPECT_GE(service.Stop(), 0) << "the launcher does not end";
}

INSTANTIATE_TEST_SUITE_P(Programs, SwapTest, testing::ValuesIn(ProgramNames()), Name);

} // namespace aet
