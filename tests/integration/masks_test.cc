// Servers that block all signals before they listen, in every thread: the library's signal reaches
// those it has to reach, and nobody who waits for signals ever sees it.

#include <gtest/gtest.h>

#include "service.h"

namespace aet
{

struct Masked {
	const char *shape;
	const char *connections;
};

static std::string Name(const testing::TestParamInfo<Masked> &info)
{
	return std::string(info.param.shape) + "_" + info.param.connections;
}

class MasksTest : public testing::TestWithParam<Masked>
{
};

TEST_P(MasksTest, SwapsWithAllSignalsBlocked)
{
	constexpr int kSwaps = 3;
	const Masked &masked = GetParam();
	Program program = {"masked", {"{B}/masked"}, {"http://127.0.0.1:{P}/"},
		{std::string("SHAPE=") + masked.shape}, false};
	Service service(program,
		{std::string("handoff.connections: ") + masked.connections,
			"service.ready_after: 100ms", "handoff.timeout: 10s",
			"handoff.drain_timeout: 1s"});
	bool moves = masked.connections == std::string("migrate");

	service.Start();
	Connection client(service.urls()[0]);
	client.Ask();
	EXPECT_EQ(client.Answer().compare(0, 3, "v1 "), 0);
	for (int version = 2; version < 2 + kSwaps; version++) {
		std::string mark = "v" + std::to_string(version) + " ";

		service.SetVersion(version);
		Output reload = service.Reload();
		ASSERT_EQ(reload.code, 0) << reload.err << service.log();
		EXPECT_EQ(service.Get().compare(0, 3, mark), 0);
		if (!moves)
			continue;
		client.Ask();
		EXPECT_EQ(client.Answer().compare(0, 3, mark), 0) << service.Status();
	}
	EXPECT_GE(service.Stop(), 0);
	EXPECT_EQ(service.log().find("status 3"), std::string::npos) << service.log();
}

INSTANTIATE_TEST_SUITE_P(Masks, MasksTest,
	testing::Values(Masked{"alone", "migrate"}, Masked{"alone", "drain"},
		Masked{"threads", "migrate"}, Masked{"threads", "drain"}, Masked{"attr", "migrate"},
		Masked{"attr", "drain"}),
	Name);

} // namespace aet
