// Connections that speak no HTTP any more, when the old generation finishes what was in flight
// (handoff.on_busy: drain): they are no requests, and what they would still say came from memory that is
// the new generation's.

#include "counter_service.h"

#include "load.h"

namespace aet
{

class UpgradedTest : public CounterTest
{
      protected:
	void BeginUpgraded()
	{
		Begin({},
			{"handoff.state: [\"upgraded:STATE\"]", "handoff.on_busy: drain",
				"handoff.settle_timeout: 100ms", "handoff.timeout: 500ms",
				"service.ready_after: 100ms"},
			{"/usr/bin/python3", "{T}/upgraded.py"});
	}
	std::string url()
	{
		return service_->urls()[0];
	}
	static void Upgrade(const Connection &connection)
	{
		std::string got;

		connection.Send("GET /upgrade HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
				"Upgrade: lines\r\n\r\n");
		while (got.find("\r\n\r\n") == std::string::npos) {
			std::string more = connection.Receive(1);

			ASSERT_FALSE(more.empty()) << got;
			got += more;
		}
		ASSERT_NE(got.find("101"), std::string::npos) << got;
	}
};

TEST_F(UpgradedTest, OnlyWhatWasInFlightIsFinished)
{
	BeginUpgraded();
	Connection upgraded(url());
	Connection slow(url());
	Connection idle(url());
	Upgrade(upgraded);
	upgraded.Send("x\n");
	EXPECT_EQ(upgraded.Receive(5), "v1 1\n");
	idle.Ask();
	EXPECT_EQ(idle.Answer(), "v1 2\n");
	slow.Ask("/slow/2000");
	ASSERT_TRUE(
		Eventually([&] { return service_->Status()["connections"]["in_flight"] == 1; }));
	Swap();
	EXPECT_TRUE(upgraded.Ended()) << "it is shut down at the commit";
	idle.Ask();
	EXPECT_EQ(idle.Answer().substr(0, 2), "v2");
	nlohmann::json last = service_->Status()["last_swap"];
	EXPECT_EQ(last["answers_drained"], 1) << last;
	EXPECT_EQ(last["connections_closed"], 1) << last;
	EXPECT_EQ(slow.Answer(), "v1 3\n");
	slow.Ask(); // its answer was finished, and the next one is the new generation's
	EXPECT_EQ(slow.Answer().substr(0, 2), "v2");
}

} // namespace aet
