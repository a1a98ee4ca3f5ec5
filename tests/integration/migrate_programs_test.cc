// `connections: migrate` for every kind of server program: keep-alive clients stay connected
// through swaps, no request fails, and the new generation answers what comes after `reload` has
// returned. swap_test.cc has new connections instead; migrate_loops_test.cc has one server in
// every shape.

#include <gtest/gtest.h>

#include <iostream>

#include "keepalive_herd.h"

namespace aet
{

static const std::string kPrograms[] = {"asyncio", "http_server", "uvicorn", "gunicorn_gthread",
	"node_http", "nginx", "epoll", "threaded", "threaded-musl", "unix_c", "unix_python"};

class MigrateProgramsTest : public testing::TestWithParam<std::string>
{
};

static std::string Name(const testing::TestParamInfo<std::string> &info)
{
	return Identifier(info.param);
}

// The ramp: http.server's own backlog is 5.
TEST_P(MigrateProgramsTest, SurviveThreeSwaps)
{
	Service service(ProgramNamed(GetParam()), {"handoff.connections: migrate"});

	service.Start();
	HerdReport report = SwapUnder(&service, {200, "500ms", "1s", 300, 3, Milliseconds(700)});
	ASSERT_EQ(report.complaint, "") << service.log();
	EXPECT_EQ(report.failed, "")
		<< Failures(report.clients) << Failures(report.fresh) << service.log();
	EXPECT_EQ(report.older, "") << service.log();
	const nlohmann::json &kept = report.clients["keepalive"];
	// A client whose request failed comes again; all of that was before the first swap (failed).
	EXPECT_EQ(kept["opened"].get<int>() - kept["failed"].get<int>(), 200) << service.log();
	EXPECT_EQ(kept["closed_idle"], 0);
	EXPECT_EQ(kept["closed_announced"], 0);
	for (const nlohmann::json &status : report.statuses)
		EXPECT_GE(status["last_swap"]["connections_moved"], 200) << status;
	EXPECT_EQ(service.Status()["connections"]["left_behind"], 0);
	EXPECT_GE(service.Stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(Programs, MigrateProgramsTest, testing::ValuesIn(kPrograms), Name);

} // namespace aet
