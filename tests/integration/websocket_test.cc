// Sockets inside the state: examples/websocket_agent.py is swapped, and each of its clients goes on
// on the connection it has, with the session it has.
#include "crowd.h"

#include <iostream>

namespace aet
{

class WebSocketTest : public testing::Test
{
      protected:
	void Begin(const Program &program, const std::vector<std::string> &settings)
	{
		std::vector<std::string> all = {"service.ready_after: 100ms"};

		all.insert(all.end(), settings.begin(), settings.end());
		service_ = std::make_unique<Service>(program, all);
		service_->Start();
	}
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

class MechanismsTest : public WebSocketTest, public testing::WithParamInterface<const char *>
{
};

TEST_P(MechanismsTest, EveryClientStaysOverFiveSwaps)
{
	Begin(WebSocketProgram("examples", "websocket_agent.py"),
		{std::string("handoff.mechanism: ") + GetParam()});
	crowd_ = std::make_unique<Crowd>(*service_, 200, 0.3);
	ASSERT_TRUE(crowd_->IsUp()) << service_->log() << crowd_->Text();
	for (int i = 0; i < 5; i++)
		Swap(400);
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

INSTANTIATE_TEST_SUITE_P(Mechanisms, MechanismsTest, testing::Values("shm", "pipe"), Name);

// The sockets have arrived in the new version, which then does not become the service.
TEST_F(WebSocketTest, AnUndoneSwapTakesNothingFromTheOldOne)
{
	Program program = WebSocketProgram("tests/programs", "websocket_pair.py");

	program.env = {"MODE_FILE=refuse"};
	Begin(program, {});
	crowd_ = std::make_unique<Crowd>(*service_, 100, 0.1);
	ASSERT_TRUE(crowd_->IsUp()) << service_->log() << crowd_->Text();
	WriteFile(service_->directory() + "/refuse", "");
	for (int i = 0; i < 3; i++) {
		Output reload = service_->Reload();
		int before = crowd_->Report()["answered"];

		EXPECT_EQ(reload.code, 1) << service_->log();
		EXPECT_EQ(service_->StatusText("reason"), "load_failed") << reload.err;
		EXPECT_TRUE(
			Eventually([&] { return crowd_->Report()["answered"] >= before + 300; }));
	}
	nlohmann::json report = crowd_->ExpectExact();
	EXPECT_LE(report["pids"].size(), 2u) << report;
	EXPECT_GE(service_->Stop(), 0);
}

} // namespace aet
