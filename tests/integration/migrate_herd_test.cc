// `connections: migrate` at the size the project promises: thousands of keep-alive clients beside
// new connections, five swaps, at least 20 requests in flight at every gate. Most programs answer
// after 40 ms, so some requests are always under way. `make test-connections`: too long for `make
// test`.

#include <gtest/gtest.h>

#include <iostream>

#include "keepalive_herd.h"

namespace aet
{

constexpr int kInFlight = 20; // at every gate, at least

struct Herd {
	const char *name;
	int clients;
	bool late; // its answers take 40 ms
	const char *ramp;
};

// http.server has a backlog of 5: its clients come slowly.
static const Herd kHerds[] = {
	{"asyncio", 2000, true, "5s"},
	{"http_server", 2000, true, "15s"},
	{"uvicorn", 2000, true, "5s"},
	{"gunicorn_gthread", 2000, true, "8s"},
	{"node_http", 2000, true, "5s"},
	{"nginx_late", 2000, true, "5s"},
	{"epoll", 9500, false, "8s"},
	{"nginx_late", 9500, true, "8s"},
	{"node_http", 9500, true, "12s"},
};

class MigrateHerdTest : public testing::TestWithParam<Herd>
{
};

static Program ProgramOf(const Herd &herd)
{
	std::string name = herd.name;
	Program program = ProgramNamed(name == "nginx_late" ? "nginx" : name);

	if (herd.late)
		program.env.push_back("DELAY_MS=40");
	for (std::string &word : program.command) {
		if (name == "nginx_late" && word == "{D}/nginx.conf")
			word = "{D}/nginx_late.conf";
		if (name == "gunicorn_gthread" && word == "8")
			word = "64"; // threads of a worker, each asleep for 40 ms
	}
	return program;
}

TEST_P(MigrateHerdTest, SurvivesFiveSwaps)
{
	const Herd &herd = GetParam();
	Service service(ProgramOf(herd));

	service.Start();
	HerdReport report =
		SwapUnder(&service, {herd.clients, "2s", herd.ramp, 300, 5, Milliseconds(4000)});
	ASSERT_EQ(report.complaint, "") << service.log();
	EXPECT_EQ(report.failed, "") << service.log();
	EXPECT_EQ(report.older, "") << service.log();
	const nlohmann::json &kept = report.clients["keepalive"];
	// A client whose request failed comes again; all of that was before the first swap (failed):
	// http.server with its backlog of 5 drops some by itself.
	EXPECT_EQ(kept["opened"].get<int>() - kept["failed"].get<int>(), herd.clients);
	EXPECT_EQ(kept["closed_idle"], 0);
	EXPECT_EQ(kept["closed_announced"], 0);
	EXPECT_EQ(service.Status()["connections"]["left_behind"], 0);
	for (size_t i = 0; i < report.swaps.size(); i++) {
		const nlohmann::json &last = report.statuses[i]["last_swap"];

		std::cout << herd.name << " swap " << i + 1 << ": pause " << last["pause_ms"]
			  << " ms, total " << last["total_ms"] << " ms, moved "
			  << last["connections_moved"] << ", in flight at the gate "
			  << report.under_way[i] << ", slowest answer " << report.worst_ms[i]
			  << " ms\n";
		EXPECT_GE(last["connections_moved"], herd.clients);
		EXPECT_GE(report.under_way[i], herd.late ? kInFlight : 0);
	}
	std::cout << herd.name << ": keep-alive requests " << kept["sent"] << ", p50 "
		  << kept["latency_ms"]["p50"] << " ms, p99.9 " << kept["latency_ms"]["p99_9"]
		  << " ms, max " << kept["latency_ms"]["max"] << " ms; new connections "
		  << report.fresh["new"]["sent"] << ", max "
		  << report.fresh["new"]["latency_ms"]["max"] << " ms; client late by at most "
		  << report.clients["client"]["lateness_ms"]["max"] << " ms; opened "
		  << kept["opened"] << "\n";
	EXPECT_GE(service.Stop(), 0);
}

static std::string Name(const testing::TestParamInfo<Herd> &info)
{
	return std::string(info.param.name) + "_" + std::to_string(info.param.clients);
}

INSTANTIATE_TEST_SUITE_P(Programs, MigrateHerdTest, testing::ValuesIn(kHerds), Name);

} // namespace aet
