// What handoff.connections says happens: `close`, `drain` and `migrate` compared, and how a drain
// ends. Which connections a drain waits for: drain_connections_test.cc.

#include <gtest/gtest.h>

#include <csignal>
#include <sstream>
#include <thread>

#include "service.h"

namespace aet
{

constexpr int kIdle = 20;

class ConnectionsPolicyTest : public testing::Test
{
      protected:
	void Begin(const Program &program, const std::vector<std::string> &settings)
	{
		idle_.clear();
		service_.reset();
		service_ = std::make_unique<Service>(program, settings);
		service_->Start();
		for (int i = 0; i < kIdle; i++) {
			idle_.push_back(std::make_unique<Connection>(service_->urls()[0]));
			idle_.back()->Ask();
			EXPECT_EQ(idle_.back()->Answer().compare(0, 3, "v1 "), 0);
		}
	}
	void BeginStreams(const std::vector<std::string> &settings)
	{
		Begin({"streams", {"{B}/streams"}, {"http://127.0.0.1:{P}/"}, {}, false}, settings);
		busy_ = std::make_unique<Connection>(service_->urls()[0]);
		busy_->Ask("/events");
		EXPECT_EQ(busy_->Receive(200).size(), 200u);
	}
	void Swap()
	{
		service_->SetVersion(2);
		Output reload = service_->Reload();
		ASSERT_EQ(reload.code, 0) << reload.err << service_->log();
		EXPECT_EQ(service_->Get().compare(0, 3, "v2 "), 0);
	}
	bool Closed(int count) const
	{
		return service_->Status()["last_swap"]["connections_closed"] == count;
	}
	// The answer under way comes to its end, and only then the connection does.
	void ExpectWholeThenEnd()
	{
		std::string text;

		WriteFile(service_->directory() + "/finish", "");
		for (std::string more; !(more = busy_->Receive(1)).empty();)
			text += more;
		ASSERT_GE(text.size(), 5u);
		EXPECT_EQ(text.substr(text.size() - 5), "0\r\n\r\n");
		EXPECT_TRUE(busy_->Ended());
	}
	std::string MapsOf(pid_t pid) const
	{
		return ReadFile("/proc/" + std::to_string(pid) + "/maps");
	}
	bool Draining() const
	{
		return !service_->Status()["draining"].empty();
	}

	std::unique_ptr<Service> service_;
	std::vector<std::unique_ptr<Connection>> idle_;
	std::unique_ptr<Connection> busy_;
};

// All of them speak at once, and one comes anew: the count in its answer tells when it was served.
TEST_F(ConnectionsPolicyTest, ThoseThatMovedDoNotKeepOutANewOne)
{
	Begin({"counter", {"{B}/counter"}, {"http://127.0.0.1:{P}/"}, {"SHAPE=polled"}, false}, {});
	Swap();
	pid_t pid = service_->ProgramPid();
	EXPECT_TRUE(Eventually([&] {
		return service_->Status()["last_swap"]["connections_moved"] == kIdle;
	})) << service_->Status();
	kill(pid, SIGSTOP);
	EXPECT_TRUE(Eventually([&] { return StateOf(pid) == 'T'; }));
	Connection anew(service_->urls()[0]);
	for (const auto &connection : idle_)
		connection->Ask();
	anew.Ask();
	kill(pid, SIGCONT);
	int before = kIdle + 1; // one request each in the beginning, and Swap()'s
	for (const auto &connection : idle_)
		EXPECT_EQ(connection->Answer().compare(0, 3, "v2 "), 0);
	std::string answer = anew.Answer();
	ASSERT_EQ(answer.compare(0, 3, "v2 "), 0) << answer;
	EXPECT_LE(std::stoi(answer.substr(3)) - before, 2) << answer;
}

TEST_F(ConnectionsPolicyTest, CloseEndsIdleConnectionsAtCommit)
{
	for (const char *name : {"epoll", "threaded", "asyncio", "unix_c", "nginx", "node_http"}) {
		SCOPED_TRACE(name);
		Begin(ProgramNamed(name),
			{"handoff.connections: close", "service.ready_after: 100ms"});
		Swap();
		for (const auto &connection : idle_)
			EXPECT_TRUE(connection->Ended()) << service_->log();
		EXPECT_TRUE(Eventually([&] { return Closed(kIdle); })) << service_->Status();
		EXPECT_EQ(service_->Status()["last_swap"]["connections_moved"], 0);
		EXPECT_TRUE(Eventually([&] { return !Draining(); }));
	}
}

TEST_F(ConnectionsPolicyTest, CloseEndsBusyConnectionsAfterTheirAnswer)
{
	BeginStreams({"handoff.connections: close", "service.ready_after: 100ms"});
	Swap();
	for (const auto &connection : idle_)
		EXPECT_TRUE(connection->Ended());
	EXPECT_TRUE(Eventually([&] { return Closed(kIdle); })) << service_->Status();
	EXPECT_EQ(busy_->Receive(200).size(), 200u);
	EXPECT_EQ(service_->Status()["draining"][0]["connections"], 1);
	ExpectWholeThenEnd();
	EXPECT_TRUE(Eventually([&] { return Closed(kIdle + 1); })) << service_->Status();
	EXPECT_TRUE(Eventually([&] { return !Draining(); }));
}

TEST_F(ConnectionsPolicyTest, DrainFollowsNothing)
{
	for (const char *name : {"epoll", "threaded", "asyncio"}) {
		SCOPED_TRACE(name);
		Begin(ProgramNamed(name),
			{"handoff.connections: drain", "service.ready_after: 100ms"});
		EXPECT_NE(MapsOf(service_->ProgramPid()).find("/plain/libaeterna_preload.so"),
			std::string::npos);
		Swap();
		for (const auto &connection : idle_) {
			connection->Ask();
			EXPECT_EQ(connection->Answer().compare(0, 3, "v1 "), 0);
		}
		nlohmann::json status = service_->Status();
		EXPECT_EQ(status["draining"][0]["connections"], kIdle) << status;
		EXPECT_EQ(status["last_swap"]["connections_moved"], 0);
		EXPECT_EQ(status["last_swap"]["connections_closed"], 0);
		idle_.clear();
		EXPECT_TRUE(Eventually([&] { return !Draining(); }));
	}
}

TEST_F(ConnectionsPolicyTest, MigrateFollows)
{
	Begin(ProgramNamed("epoll"), {});
	std::string maps = MapsOf(service_->ProgramPid());
	EXPECT_NE(maps.find("/libaeterna_preload.so"), std::string::npos);
	EXPECT_EQ(maps.find("/plain/libaeterna_preload.so"), std::string::npos);
}

// Time the process has had on a processor, in clock ticks.
static long TicksOf(pid_t pid)
{
	std::string stat = ReadFile("/proc/" + std::to_string(pid) + "/stat");
	std::istringstream fields(stat.substr(stat.rfind(')') + 2));
	std::string skipped;
	long user = 0;
	long system = 0;

	for (int i = 3; i < 14; i++)
		fields >> skipped;
	fields >> user >> system;
	return user + system;
}

// An end of file that stays behind in an epoll would fire for ever.
TEST_F(ConnectionsPolicyTest, AGenerationWithoutConnectionsSleeps)
{
	for (const char *name : {"epoll", "asyncio", "nginx", "node_http"}) {
		SCOPED_TRACE(name);
		Begin(ProgramNamed(name), {"service.ready_after: 30s"});
		pid_t old = service_->ProgramPid();
		std::vector<pid_t> all = DescendantsOf(old);

		all.push_back(old);
		Swap();
		EXPECT_TRUE(Eventually(
			[&] { return service_->Status()["draining"][0]["connections"] == 0; }));
		// Ten readings, 50 ms apart at least: at the end of them all is calm.
		long last = 0;
		int calm = 0;
		EXPECT_TRUE(Eventually(
			[&] {
				long now = 0;

				for (pid_t pid : all)
					now += TicksOf(pid);
				calm = now == last ? calm + 1 : 0;
				last = now;
				std::this_thread::sleep_for(Milliseconds(50));
				return calm >= 5;
			},
			Milliseconds(5000)));
	}
}

// At drain_timeout an answer under way goes on; the connection is closed after it.
TEST_F(ConnectionsPolicyTest, APoliteDrainClosesAtTheNextBoundary)
{
	BeginStreams({"service.ready_after: 100ms", "handoff.drain_timeout: 300ms",
		"service.stop_timeout: 20s"});
	Swap();
	EXPECT_TRUE(Eventually([&] {
		return service_->log().find("closes each at its next boundary") !=
			std::string::npos;
	})) << service_->log();
	EXPECT_EQ(busy_->Receive(500).size(), 500u);
	EXPECT_EQ(service_->Status()["draining"][0]["connections"], 1);
	EXPECT_EQ(service_->Status()["draining"][0]["generation"], 1);
	ExpectWholeThenEnd();
	EXPECT_TRUE(Eventually([&] { return Closed(1); })) << service_->Status();
	EXPECT_TRUE(Eventually([&] { return !Draining(); })) << service_->log();
}

TEST_F(ConnectionsPolicyTest, AnAnswerIsCutAfterStopTimeoutMore)
{
	BeginStreams({"service.ready_after: 100ms", "handoff.drain_timeout: 500ms",
		"service.stop_timeout: 1500ms"});
	auto start = std::chrono::steady_clock::now();
	Swap();
	while (!busy_->Receive(100).empty())
		;
	auto took =
		std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - start);
	EXPECT_GE(took.count(), 2000);
	EXPECT_LT(took.count(), 5000);
	EXPECT_TRUE(Eventually([&] { return !Draining(); }));
	EXPECT_NE(service_->log().find("generation 1 is retired: drain_timeout is up"),
		std::string::npos);
}

} // namespace aet
