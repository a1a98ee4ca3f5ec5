// Sockets inside the state: examples/websocket_agent.py is swapped, and each of its clients goes on
// on the connection it has, with the session it has.
#include "websocket_crowd.h"

#include <atomic>
#include <iostream>
#include <thread>

#include "websocket_peer.h"

namespace aet
{

class WebSocketTest : public testing::TestWithParam<const char *>
{
      protected:
	void Swap(int answers)
	{
		Output reload = service_->Reload();

		ASSERT_EQ(reload.code, 0) << reload.err << service_->log();
		ASSERT_TRUE(crowd_->Hears(service_->ProgramPid(), answers))
			<< service_->log() << crowd_->Text();
	}

	std::unique_ptr<Service> service_;
	std::unique_ptr<Crowd> crowd_;
};

// Clients that come and go meanwhile; how many.
static int Visit(int port, const std::atomic<bool> *enough)
{
	int visits = 0;

	while (!*enough && !testing::Test::HasFailure()) {
		WebSocketPeer peer(port);

		for (const char *count : {"\"count\": 1,", "\"count\": 2,", "\"count\": 3,"})
			EXPECT_NE(peer.Say("visit").find(count), std::string::npos);
		EXPECT_TRUE(peer.Leave(5000));
		visits++;
	}
	return visits;
}

TEST_P(WebSocketTest, EveryClientStaysOverFiveSwaps)
{
	service_ = std::make_unique<Service>(WebSocketProgram(),
		std::vector<std::string>{"service.ready_after: 100ms",
			std::string("handoff.mechanism: ") + GetParam()});
	service_->Start();
	crowd_ = std::make_unique<Crowd>(*service_, 200, 0.3);
	ASSERT_TRUE(crowd_->IsUp()) << service_->log() << crowd_->Text();
	std::atomic<bool> enough{false};
	int visits = 0;
	std::thread visitor([&] { visits = Visit(service_->port(), &enough); });
	for (int i = 0; i < 5; i++)
		Swap(400);
	enough = true;
	visitor.join();
	EXPECT_GT(visits, 50);
	nlohmann::json report = crowd_->ExpectExact();
	EXPECT_EQ(report["pids"].size(), 6u) << report;
	std::cout << "200 clients: " << report["answered"] << " answers, slowest "
		  << report["worst_ms"] << " ms\n";
	EXPECT_GE(service_->Stop(), 0);
}

static std::string Name(const testing::TestParamInfo<const char *> &parameter)
{
	return parameter.param;
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, WebSocketTest, testing::Values("shm", "pipe"), Name);

} // namespace aet
