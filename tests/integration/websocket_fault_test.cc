// Sockets inside the state when something goes wrong: every swap is undone, nobody loses anything,
// and what is kept for the next start after a crash keeps no connection open.
#include "websocket_crowd.h"

#include <sys/resource.h>

#include "websocket_peer.h"

namespace aet
{

constexpr int kClients = 200;

class SocketFaultTest : public testing::Test
{
      protected:
	void Begin(const std::string &file = "examples/websocket_agent.py",
		const std::vector<std::string> &settings = {"service.ready_after: 100ms"})
	{
		Program program = WebSocketProgram(file);

		program.env.emplace_back("MODE_FILE=mode");
		service_ = std::make_unique<Service>(program, settings);
		service_->Start();
	}
	void Gather(double gap_s = 0.2)
	{
		crowd_ = std::make_unique<Crowd>(*service_, kClients, gap_s);
		ASSERT_TRUE(crowd_->IsUp()) << service_->log() << crowd_->Text();
	}
	void ExpectUndone(const std::string &reason, const std::string &words)
	{
		Output reload = service_->Reload();
		int before = crowd_->Report()["answered"];

		EXPECT_EQ(reload.code, 1) << service_->log();
		EXPECT_EQ(service_->StatusText("reason"), reason) << reload.err;
		EXPECT_NE(reload.err.find(words), std::string::npos) << reload.err;
		EXPECT_TRUE(Eventually([&] {
			return crowd_->Report()["answered"] >= before + 2 * kClients;
		})) << service_->log()
		    << crowd_->Text();
	}
	void ExpectCommitted()
	{
		Output reload = service_->Reload();

		EXPECT_EQ(reload.code, 0) << reload.err << service_->log();
	}
	void LimitLauncher(rlim_t soft) const
	{
		rlimit limit = {};

		prlimit(service_->launcher().pid(), RLIMIT_NOFILE, nullptr, &limit);
		limit.rlim_cur = soft ? soft : limit.rlim_max;
		EXPECT_EQ(prlimit(service_->launcher().pid(), RLIMIT_NOFILE, &limit, nullptr), 0);
	}

	std::unique_ptr<Service> service_;
	std::unique_ptr<Crowd> crowd_;
};

// The sockets have arrived in the new version, which then does not become the service.
TEST_F(SocketFaultTest, RefusedByTheOtherProcessAfterTheLoad)
{
	Begin("tests/programs/websocket_pair.py");
	Gather();
	WriteFile(service_->directory() + "/mode", "refuse");
	for (int i = 0; i < 3; i++)
		ExpectUndone("load_failed", "ValueError: no");
	nlohmann::json report = crowd_->ExpectExact();
	EXPECT_LE(report["pids"].size(), 2u) << report;
	EXPECT_GE(service_->Stop(), 0);
}

// Its last message does not leave; all those before it have.
TEST_F(SocketFaultTest, TheDumpEndsWhileTheyTravel)
{
	Begin("tests/programs/websocket_pair.py");
	Gather();
	WriteFile(service_->directory() + "/mode", "die");
	for (int i = 0; i < 3; i++)
		ExpectUndone("dump_failed", "ended without a report");
	unlink((service_->directory() + "/mode").c_str());
	ExpectCommitted();
	crowd_->ExpectExact();
	EXPECT_GE(service_->Stop(), 0);
}

TEST_F(SocketFaultTest, TheLauncherMayHaveNoMore)
{
	Begin();
	Gather();
	LimitLauncher(kClients);
	ExpectUndone("state_too_large", "RLIMIT_NOFILE");
	LimitLauncher(0);
	ExpectCommitted();
	crowd_->ExpectExact();
	EXPECT_GE(service_->Stop(), 0);
}

TEST_F(SocketFaultTest, TheNewVersionMayHaveNoMore)
{
	std::vector<std::string> settings = {"service.ready_after: 100ms"};

	Begin();
	Gather();
	service_->RunBy({"prlimit", "--nofile=" + std::to_string(kClients)}, settings);
	ExpectUndone("load_failed", "RLIMIT_NOFILE");
	service_->RunBy({}, settings);
	ExpectCommitted();
	crowd_->ExpectExact();
	EXPECT_GE(service_->Stop(), 0);
}

// The containers are kept for a while; the connections are the new generation's alone.
TEST_F(SocketFaultTest, WhatTheNewOneClosesIsClosed)
{
	Begin("examples/websocket_agent.py", {"service.ready_after: 5s"});
	WebSocketPeer peer(service_->port());
	EXPECT_NE(peer.Say("one").find("\"count\": 1"), std::string::npos);
	ExpectCommitted();
	EXPECT_NE(peer.Say("two").find("\"count\": 2"), std::string::npos);
	EXPECT_TRUE(peer.Leave(2000));
	EXPECT_GE(service_->Stop(), 0);
}

TEST_F(SocketFaultTest, ASnapshotKeepsNoConnectionOpen)
{
	Begin();
	WebSocketPeer peer(service_->port());
	EXPECT_NE(peer.Say("one").find("\"count\": 1"), std::string::npos);
	EXPECT_EQ(service_->Command("snapshot").code, 0) << service_->log();
	EXPECT_NE(peer.Say("two").find("\"count\": 2"), std::string::npos);
	EXPECT_TRUE(peer.Leave(2000));
	EXPECT_GE(service_->Stop(), 0);
}

// The state comes back, with sockets that were never connected in place of those that are gone.
TEST_F(SocketFaultTest, ACrashAfterTheSwapLosesTheConnectionsAlone)
{
	Begin("examples/websocket_agent.py", {"service.ready_after: 5s"});
	WebSocketPeer peer(service_->port());
	EXPECT_NE(peer.Say("one").find("\"count\": 1"), std::string::npos);
	ExpectCommitted();
	EXPECT_NE(peer.Say("two").find("\"count\": 2"), std::string::npos);
	kill(service_->ProgramPid(), SIGKILL);
	EXPECT_TRUE(peer.Ends(2000));
	WebSocketPeer other(service_->port());
	EXPECT_NE(other.Say("three").find("\"count\": 1"), std::string::npos);
	EXPECT_EQ(service_->log().find("did not take the kept state"), std::string::npos)
		<< service_->log();
	EXPECT_GE(service_->Stop(), 0);
}

} // namespace aet
