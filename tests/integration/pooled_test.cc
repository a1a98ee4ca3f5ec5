// A server that starts processes meanwhile: a pool's, which have its connections for a moment (vfork(2)) or
// for good (fork(2)), and never use them. Idle connections go on over every swap.

#include "counter_service.h"

#include "load.h"

namespace aet
{

class PooledTest : public CounterTest, public testing::WithParamInterface<const char *>
{
};

TEST_P(PooledTest, IdleConnectionsGoOn)
{
	Begin({std::string("START=") + GetParam()},
		{"handoff.state: [\"pooled:STATE\"]", "service.ready_after: 100ms"},
		{"/usr/bin/python3", "{T}/pooled.py"});
	Connection one(service_->urls()[0]);
	Connection two(service_->urls()[0]);
	Connection three(service_->urls()[0]);
	int count = 0;

	for (int swap = 0; swap < 3; swap++) {
		if (swap > 0)
			Swap();
		for (const Connection *connection : {&one, &two, &three}) {
			connection->Ask();
			EXPECT_EQ(connection->Answer(),
				service_->Version() + " " + std::to_string(++count) + "\n")
				<< service_->log();
		}
	}
	EXPECT_EQ(service_->Status()["last_swap"]["connections_moved"], 3);
	EXPECT_EQ(service_->Status()["last_swap"]["connections_closed"], 0);
}

INSTANTIATE_TEST_SUITE_P(Starts, PooledTest, testing::Values("spawn", "fork"),
	[](const testing::TestParamInfo<const char *> &start) { return start.param; });

} // namespace aet
