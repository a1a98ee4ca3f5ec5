// `connections: migrate` for every way in which a server waits and moves bytes: one program
// (tests/programs/loops.c) in many shapes. migrate_programs_test.cc has real servers.

#include <gtest/gtest.h>

#include "keepalive_herd.h"

namespace aet
{

struct Loop {
	const char *binary;
	const char *wait;
	const char *calls;
	const char *workers;
};

static const Loop kLoops[] = {
	{"loops", "select", "recv", "1"},
	{"loops", "high", "plain", "1"},
	{"loops", "poll", "from", "1"},
	{"loops", "edge", "plain", "1"},
	{"loops", "oneshot", "vector", "1"},
	{"loops", "exclusive", "message", "1"},
	{"loops", "defer", "plain", "1"},
	{"loops", "level", "sendfile", "1"},
	{"loops", "level", "plain", "4"},
	{"loops-fortified", "level", "plain", "1"},
	{"loops-fortified", "edge", "recv", "1"},
	{"loops-fortified", "oneshot", "from", "2"},
};

static std::string Name(const testing::TestParamInfo<Loop> &info)
{
	return Identifier(std::string(info.param.binary) + "_" + info.param.wait + "_" +
		info.param.calls + "_" + info.param.workers);
}

class MigrateLoopsTest : public testing::TestWithParam<Loop>
{
};

TEST_P(MigrateLoopsTest, ConnectionsSurviveTwoSwaps)
{
	const Loop &loop = GetParam();
	Program program = {"loops", {std::string("{B}/") + loop.binary}, {"http://127.0.0.1:{P}/"},
		{std::string("WAIT=") + loop.wait, std::string("CALLS=") + loop.calls,
			std::string("WORKERS=") + loop.workers},
		false};
	Service service(program);

	service.Start();
	HerdReport report = SwapUnder(&service, {100, "200ms", "200ms", 150, 2, Milliseconds(500)});
	ASSERT_EQ(report.complaint, "") << service.log();
	EXPECT_EQ(report.failed, "")
		<< Failures(report.clients) << Failures(report.fresh) << service.log();
	EXPECT_EQ(report.older, "") << service.log();
	EXPECT_EQ(report.clients["keepalive"]["opened"], 100);
	EXPECT_EQ(report.clients["keepalive"]["closed_idle"], 0);
	for (const nlohmann::json &status : report.statuses)
		EXPECT_GE(status["last_swap"]["connections_moved"], 100) << status;
	EXPECT_GE(service.Stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(Loops, MigrateLoopsTest, testing::ValuesIn(kLoops), Name);

} // namespace aet
