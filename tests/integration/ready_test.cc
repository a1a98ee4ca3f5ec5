// When a new generation is ready: the four kinds of service.ready, programs that come up in stages,
// and what is said of a version that never gets there.

#include <gtest/gtest.h>

#include <csignal>

#include "service.h"

namespace aet
{

static const Program kSteps = {"steps", {"{B}/steps"}, {"http://127.0.0.1:{P}/"}, {}, false};

class ReadyTest : public testing::Test
{
      protected:
	void Begin(const std::string &steps, const std::vector<std::string> &settings,
		const Program &program = kSteps)
	{
		settings_ = settings;
		settings_.insert(settings_.end(),
			{"service.start_timeout: 1s", "handoff.drain_timeout: 2s"});
		service_ = std::make_unique<Service>(program, settings_);
		service_->SetSteps(steps);
		service_->Start();
	}
	Output SwapTo(int number, const std::string &steps)
	{
		service_->SetVersion(number);
		service_->SetSteps(steps);
		return service_->Reload();
	}
	void ExpectCommitted(int number, const std::string &steps)
	{
		Output reload = SwapTo(number, steps);

		EXPECT_EQ(reload.code, 0) << reload.err << service_->log();
		ExpectServes(number);
	}
	void ExpectServes(int number, int port = 0)
	{
		std::string url = "http://127.0.0.1:" + std::to_string(service_->port() + port);
		std::string body = Get(url);
		std::string start = "v" + std::to_string(number) + " ";

		EXPECT_EQ(body.compare(0, start.size(), start), 0) << body << service_->log();
	}
	// Version 1 serves on, and `reload` and the status both say why.
	void ExpectUndone(const std::string &steps, const std::string &reason,
		const std::string &in_detail = "")
	{
		Output reload = SwapTo(9, steps);

		SCOPED_TRACE(steps);
		EXPECT_EQ(reload.code, 1) << service_->log();
		EXPECT_EQ(reload.err.find(reason) != std::string::npos, true) << reload.err;
		EXPECT_EQ(service_->StatusText("result"), "rolled_back");
		EXPECT_EQ(service_->StatusText("reason"), reason);
		EXPECT_NE(service_->StatusText("detail").find(in_detail), std::string::npos)
			<< service_->StatusText("detail");
		ExpectServes(1);
	}
	double BootOfLastSwap()
	{
		return service_->Status()["last_swap"]["boot_ms"].get<double>();
	}
	std::string Address(int port)
	{
		return "tcp://127.0.0.1:" + std::to_string(service_->port() + port);
	}

	std::vector<std::string> settings_;
	std::unique_ptr<Service> service_;
};

// --- never ready: one kind after the other, each with the reasons it can have ---

TEST_F(ReadyTest, Accept)
{
	Begin("open:0", {"service.ready: accept"});
	Load load(service_->urls());
	ASSERT_TRUE(load.established());
	ExpectUndone("hang", "never_bound");
	ExpectUndone("socket bind:0 hang", "never_bound");
	ExpectUndone("open:1 hang", "listener_missing", Address(0));
	ExpectUndone("open:0 hang", "start_timeout"); // it listens and never accepts
	ExpectCommitted(2, "open:0");
	EXPECT_TRUE(load.SawVersion("v2"));
	nlohmann::json report = load.Finish();
	EXPECT_EQ(report["new"]["failed"], 0) << Failures(report);
}

TEST_F(ReadyTest, Listen)
{
	Begin("open:0 open:1", {"service.ready: listen"});
	ExpectUndone("hang", "never_bound");
	ExpectUndone("open:0 hang", "listener_missing", Address(1));
	ExpectUndone("open:1 hang", "listener_missing", Address(0));
	ExpectCommitted(2, "open:0 sleep:50 open:1 sleep:200");
	ExpectServes(2, 1);
}

TEST_F(ReadyTest, Notify)
{
	Begin("open:0 notify:READY=1", {"service.ready: notify"});
	ExpectUndone("open:0", "start_timeout", "READY=1");
	ExpectUndone("open:0 notify:STATUS=loading", "start_timeout", "READY=1");
	ExpectUndone("open:0 notify:READY=0", "start_timeout", "READY=1");
	ExpectCommitted(2, "open:0 sleep:300 notify:STATUS=warm+READY=1");
	EXPECT_GE(BootOfLastSwap(), 300);
	ExpectCommitted(3, "open:0 notify:READY=1");
}

TEST_F(ReadyTest, StartedWithoutListener)
{
	Program program = kSteps;

	program.urls.clear();
	Begin("hang", {"service.ready: started", "service.ready_after: 300ms"}, program);
	pid_t old = service_->ProgramPid();
	Output reload = SwapTo(2, "hang");
	EXPECT_EQ(reload.code, 0) << reload.err;
	EXPECT_GE(BootOfLastSwap(), 300);
	EXPECT_NE(service_->ProgramPid(), old);
	EXPECT_TRUE(Eventually([&] { return !StateOf(old); })) << "the old one is still there";

	old = service_->ProgramPid();
	reload = SwapTo(3, "sleep:50 exit:7");
	EXPECT_EQ(reload.code, 1);
	EXPECT_EQ(service_->StatusText("reason"), "exited");
	EXPECT_EQ(service_->ProgramPid(), old);

	settings_[1] = "service.ready_after: 30s";
	service_->WriteConfiguration(settings_);
	reload = SwapTo(4, "hang");
	EXPECT_EQ(reload.code, 1);
	EXPECT_EQ(service_->StatusText("reason"), "start_timeout") << reload.err;
	EXPECT_EQ(service_->ProgramPid(), old);
}

// --- ready means all ---

TEST_F(ReadyTest, MetricsPortFirst)
{
	Begin("open:1 sleep:100 open:0", {});
	ExpectUndone("open:1", "listener_missing", Address(0));
	service_->SetVersion(2);
	service_->SetSteps("open:1 sleep:500 open:0");
	Process reload = service_->ReloadMeanwhile();
	while (!reload.Ended()) {
		std::string body = Get(service_->urls()[0]);

		EXPECT_EQ(body[0], 'v') << body;
	}
	EXPECT_EQ(reload.Wait(), 0) << service_->log();
	EXPECT_GE(BootOfLastSwap(), 500);
	ExpectServes(2);
	ExpectServes(2, 1);
}

TEST_F(ReadyTest, TwoListenersOneAfterTheOther)
{
	Program program = {"multi_listener", {"{B}/multi_listener"}, {"http://127.0.0.1:{P}/"},
		{"PAUSE_MS=150"}, false};

	Begin("", {}, program);
	Load load({service_->urls()[0], "http://127.0.0.1:" + std::to_string(service_->port() + 2)},
		{"--ramp", "1s"}); // its own queue is short
	ASSERT_TRUE(load.established());
	ExpectCommitted(2, "");
	EXPECT_GE(BootOfLastSwap(), 450);
	EXPECT_EQ(service_->Status()["listeners"].size(), 3u);
	EXPECT_TRUE(load.SawVersion("v2"));
	nlohmann::json report = load.Finish();
	EXPECT_EQ(report["new"]["failed"], 0) << Failures(report);
}

// The master listens at once and leaves accept() to a worker that is still loading.
TEST_F(ReadyTest, WorkersThatLoad)
{
	Begin("open:0 fork", {"service.ready: accept"});
	ExpectCommitted(2, "open:0 fork sleep:400");
	EXPECT_GE(BootOfLastSwap(), 400);
	Output reload = SwapTo(9, "open:0 fork hang");
	EXPECT_EQ(reload.code, 1);
	EXPECT_EQ(service_->StatusText("reason"), "start_timeout");
	ExpectServes(2);
}

// --- service.listeners: any ---

TEST_F(ReadyTest, AnyListenerWillDo)
{
	Begin("open:0 open:1", {"service.listeners: any"});
	ExpectServes(1, 1);
	ExpectUndone("hang", "never_bound");
	ExpectCommitted(2, "open:0");
	EXPECT_TRUE(Eventually([&] {
		return Connection("http://127.0.0.1:" + std::to_string(service_->port() + 1))
			       .error() == ECONNREFUSED;
	})) << "the dropped listener is still open";
	EXPECT_EQ(service_->Status()["listeners"].size(), 1u);
	ExpectServes(2);
}

TEST_F(ReadyTest, NewListenerIsKeptFromCommitOn)
{
	Begin("open:0", {});
	pid_t first = service_->ProgramPid();
	EXPECT_EQ(SwapTo(2, "open:0 open:2 hang").code, 1);
	EXPECT_EQ(service_->Status()["listeners"].size(), 1u) << "kept of a version that is gone";
	EXPECT_EQ(service_->ProgramPid(), first);
	ExpectCommitted(3, "open:0 open:2");
	EXPECT_EQ(service_->Status()["listeners"].size(), 2u);
	ExpectServes(3, 2);
	// A version that dies before that gives the service back to the older one.
	EXPECT_TRUE(Eventually([&] { return service_->Status()["draining"].empty(); }));
	kill(service_->ProgramPid(), SIGKILL);
	ExpectServes(3, 2); // in the queue while the program is started again
	ExpectCommitted(4, "open:2 open:0");
	ExpectServes(4, 2);
}

// --- handoff.overlap: false ---

TEST_F(ReadyTest, ProgramThatCannotRunTwice)
{
	Begin("lock:{D}/lock open:0", {"handoff.overlap: false"});
	Load load(service_->urls());
	ASSERT_TRUE(load.established());
	for (int number = 2; number <= 4; number++) {
		ExpectCommitted(number, "lock:{D}/lock sleep:100 open:0");
		ASSERT_TRUE(load.SawVersion("v" + std::to_string(number)));
	}
	nlohmann::json report = load.Finish();
	EXPECT_EQ(report["new"]["failed"], 0) << Failures(report) << service_->log();
	EXPECT_EQ(report["keepalive"]["failed"], 0) << Failures(report) << service_->log();
	EXPECT_EQ(report["keepalive_reopened"], 0);
	EXPECT_EQ(service_->Status()["swaps"]["committed"], 3);
}

TEST_F(ReadyTest, BadVersionThatCannotRunTwice)
{
	Begin("lock:{D}/lock open:0", {"handoff.overlap: false"});
	Output reload = SwapTo(2, "lock:{D}/lock exit:3");
	EXPECT_EQ(reload.code, 1);
	EXPECT_EQ(service_->StatusText("reason"), "exited") << reload.err;
	Connection waiting(service_->urls()[0]);
	EXPECT_EQ(waiting.error(), 0) << "the listener was not kept";
	waiting.Ask();
	EXPECT_TRUE(Eventually([&] {
		std::string log = service_->log();
		return log.find("the next try is in 200 ms") != std::string::npos;
	})) << service_->log();
	service_->SetVersion(3);
	service_->SetSteps("lock:{D}/lock open:0");
	EXPECT_EQ(waiting.Answer().compare(0, 3, "v3 "), 0) << service_->log();
	EXPECT_TRUE(service_->WaitForState("running"));
}

// One that hangs is not waited for for ever.
TEST_F(ReadyTest, HangingVersionThatCannotRunTwice)
{
	Begin("lock:{D}/lock open:0", {"handoff.overlap: false"});
	Process reload = (service_->SetSteps("lock:{D}/lock hang"), service_->ReloadMeanwhile());
	EXPECT_EQ(reload.Wait(Milliseconds(8000)), 1) << service_->log();
	EXPECT_EQ(service_->StatusText("reason"), "never_bound");
	service_->SetSteps("lock:{D}/lock open:0");
	ExpectServes(1);
}

} // namespace aet
