// Swaps at random bytes: a server and a client that cut requests and answers into pieces of any
// size, while generation follows generation. Not an answer is lost, doubled or torn, and not a
// connection ends. A case is one connection at one swap. AET_FRAMING_SWAPS and
// AET_FRAMING_CONNECTIONS set how many there are: `make test-framing`.

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "framing_client.h"
#include "service.h"

namespace aet
{

static int Number(const char *variable, int otherwise)
{
	const char *value = getenv(variable);

	return value ? atoi(value) : otherwise;
}

struct Sum {
	int cases = 0;
	int in_flight = 0;
	int moved = 0;
	int closed = 0;
	int left_behind = 0;
};

class FramingTest : public testing::TestWithParam<const char *>
{
};

static void Add(Sum *sum, const FramingState &state)
{
	sum->cases += state.total();
	sum->in_flight += state.total() - state.resting;
}

// Of the swap before; the generations that drain are few then, and none is cut short.
static bool Settle(const Service &service, Sum *sum)
{
	nlohmann::json status;
	bool settled = Eventually([&] {
		status = service.Status();
		return status.is_object() && status["draining"].size() < 3;
	});

	if (status.is_object() && status["last_swap"].is_object()) {
		sum->moved += status["last_swap"]["connections_moved"].get<int>();
		sum->closed += status["last_swap"]["connections_closed"].get<int>();
		sum->left_behind += status["connections"]["left_behind"].get<int>();
	}
	return settled;
}

TEST_P(FramingTest, NoAnswerIsLostDoubledOrTorn)
{
	const int swaps = Number("AET_FRAMING_SWAPS", 5);
	const int connections = Number("AET_FRAMING_CONNECTIONS", 100);
	const Program program = {"framing", {"{B}/framing"}, {"http://127.0.0.1:{P}"},
		{std::string("FRAMING_SHAPE=") + GetParam()}, false};
	Service service(program, {"service.ready_after: 100ms", "handoff.drain_timeout: 60s"});
	Sum sum;

	service.Start();
	FramingClient client(service.urls()[0], connections, 1);
	ASSERT_TRUE(Eventually([&] { return client.answers() > 100; }));
	for (int swap = 0; swap < swaps; swap++) {
		Add(&sum, client.Now());
		Output reload = service.Reload();
		ASSERT_EQ(reload.code, 0) << "swap " << swap << ": " << reload.err;
		client.Expect(swap + 2);
		ASSERT_TRUE(Settle(service, &sum)) << "swap " << swap << service.Status();
		if (!client.Failures().empty())
			break;
	}
	client.Finish();
	std::vector<std::string> failures = client.Failures();

	std::cout << GetParam() << ": " << sum.cases << " cases in " << swaps << " swaps, "
		  << sum.in_flight << " of them in flight, " << client.answers() << " answers, "
		  << sum.moved << " connections moved, " << sum.closed << " closed, "
		  << sum.left_behind << " left behind, " << failures.size() << " failures\n";
	for (size_t i = 0; i < failures.size() && i < 10; i++)
		ADD_FAILURE() << failures[i];
	EXPECT_TRUE(failures.empty()) << service.log();
	EXPECT_EQ(service.log().find(" ends with "), std::string::npos) << service.log();
	EXPECT_EQ(sum.cases, swaps * connections);
	EXPECT_GT(sum.in_flight, sum.cases / 10);
	EXPECT_GT(sum.moved, sum.cases / 3);
	EXPECT_EQ(sum.closed, 0);
	EXPECT_EQ(sum.left_behind, 0);
}

// A request that was half read past us is no boundary, whatever was seen before it: where bytes are
// missing in what was followed the connection stays.
TEST(FramingUnseenTest, WhatIsReadPastUsStays)
{
	const Program program = {
		"framing", {"{B}/framing"}, {"http://127.0.0.1:{P}"}, {"FRAMING_UNSEEN=1"}, false};

	for (unsigned seed = 1; seed <= 3; seed++) {
		Service service(program, {"handoff.drain_timeout: 60s"});

		service.Start();
		FramingClient client(service.urls()[0], 300, seed);
		ASSERT_TRUE(Eventually([&] { return client.answers() > 100; }));
		Output reload = service.Reload();
		ASSERT_EQ(reload.code, 0) << reload.err;
		uint64_t answers = client.answers();
		EXPECT_TRUE(Eventually([&] { return client.answers() > answers + 1000; }));
		client.Finish();
		std::vector<std::string> failures = client.Failures();

		EXPECT_TRUE(failures.empty())
			<< failures.size() << " failures, the first: " << failures[0];
	}
}

INSTANTIATE_TEST_SUITE_P(Shapes, FramingTest,
	testing::Values("level", "edge", "oneshot", "poll", "threads", "prefork"),
	[](const auto &shape) { return shape.param; });

} // namespace aet
