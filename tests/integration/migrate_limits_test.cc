// `connections: migrate` without room: connections that meet RLIMIT_NOFILE or a full table on
// their way wait, or stay behind, and are counted. The launcher's own tables:
// unit/launcher_tables_test.cc.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <sys/resource.h>
#include <unistd.h>

#include "account.h"
#include "service.h"

namespace aet
{

constexpr int kMany = 300;
constexpr int kLimit = 1024; // descriptors

// Another process of that user has nearly as many descriptors under way as the limit allows.
static constexpr char kOthersUnderWay[] = "import signal, socket, sys\n"
					  "a, b = socket.socketpair()\n"
					  "for _ in range(4):\n"
					  "    socket.send_fds(a, [b'x'], [a.fileno()] * 250)\n"
					  "open(sys.argv[1], 'w').close()\n"
					  "signal.pause()\n";

class MigrateLimitsTest : public testing::Test
{
      protected:
	void Begin(bool ordinary, int clients = kMany)
	{
		Program program = {"epoll",
			{"sh", "-c", "ulimit -n $(cat {D}/limit); exec {D}/epoll"},
			{"http://127.0.0.1:{P}/"}, {}, false};

		service_ = std::make_unique<Service>(
			program, std::vector<std::string>{"service.ready_after: 100ms"});
		EXPECT_EQ(aet::Run({"cp", "build/programs/epoll", service_->directory()}).code, 0);
		SetLimit(kLimit);
		if (ordinary)
			service_->BecomeOrdinaryUser();
		service_->Start();
		for (int i = 0; i < clients; i++) {
			clients_.push_back(std::make_unique<Connection>(service_->urls()[0]));
			clients_.back()->Ask();
			ASSERT_EQ(clients_.back()->Answer().compare(0, 3, "v1 "), 0) << i;
		}
	}
	void SetLimit(int descriptors)
	{
		WriteFile(service_->directory() + "/limit", std::to_string(descriptors));
	}
	void Swap()
	{
		service_->SetVersion(2);
		Output reload = service_->Reload();
		ASSERT_EQ(reload.code, 0) << reload.err << service_->log();
	}
	// Every client asks, and goes as soon as it has its answer: that makes room for the next.
	int Answered(const std::string &version)
	{
		int answered = 0;

		for (const auto &client : clients_)
			client->Ask();
		EXPECT_TRUE(Eventually([&] {
			for (auto &client : clients_) {
				if (!client || !client->Readable(Milliseconds(0)))
					continue;
				std::string body = client->Answer();

				EXPECT_NE(body, "") << "lost";
				answered += body.compare(0, version.size(), version) == 0;
				client.reset();
			}
			return Waiting() == 0;
		})) << Waiting()
		    << " wait" << service_->Status() << service_->log();
		return answered;
	}

	long Waiting() const
	{
		return static_cast<long>(clients_.size()) -
			std::count(clients_.begin(), clients_.end(), nullptr);
	}

	std::unique_ptr<Service> service_;
	std::vector<std::unique_ptr<Connection>> clients_;
};

// They wait in the handoff queue until the new generation has room.
TEST_F(MigrateLimitsTest, ANewGenerationWithFewDescriptors)
{
	Begin(false);
	SetLimit(128);
	Swap();
	EXPECT_TRUE(Eventually([&] {
		return service_->Status()["last_swap"]["connections_moved"] == kMany;
	})) << service_->Status();
	EXPECT_TRUE(Eventually([&] {
		return service_->log().find("connections wait for generation 2") !=
			std::string::npos;
	})) << service_->log();
	EXPECT_EQ(Answered("v2 "), kMany);
	EXPECT_EQ(service_->Status()["connections"]["left_behind"], 0);
}

// So few that one message of connections would never find room above the program's numbers.
TEST_F(MigrateLimitsTest, ANewGenerationWithHardlyAnyDescriptors)
{
	constexpr int kFew = 10;

	Begin(false, kFew);
	SetLimit(64);
	Swap();
	EXPECT_EQ(Answered("v2 "), kFew);
	EXPECT_EQ(service_->Status()["last_swap"]["connections_moved"], kFew);
	EXPECT_EQ(service_->Status()["connections"]["left_behind"], 0);
}

// It cannot take all of them: they are not left between the two, but stay where they are.
TEST_F(MigrateLimitsTest, ANewGenerationWithTooFewDescriptors)
{
	constexpr int kTooMany = 40;

	Begin(false, kTooMany);
	SetLimit(64);
	Swap();
	EXPECT_EQ(service_->Get().compare(0, 3, "v2 "), 0);
	EXPECT_TRUE(Eventually([&] {
		return service_->Status()["connections"]["left_behind"] == kTooMany;
	})) << service_->Status();
	EXPECT_EQ(Answered("v1 "), kTooMany);
	EXPECT_EQ(service_->Status()["last_swap"]["connections_moved"], 0);
	EXPECT_NE(service_->log().find("generation 2 may open too few files"), std::string::npos);
}

// An ordinary user may have no more descriptors under way than its soft limit (unix(7)).
TEST_F(MigrateLimitsTest, AnOrdinaryUserWithFewDescriptorsUnderWay)
{
	Begin(true);
	SetLimit(128);
	std::string ready = service_->directory() + "/ready";
	Process another({"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
				"/usr/bin/python3", "-c", kOthersUnderWay, ready},
		{});
	ASSERT_TRUE(Eventually([&] { return access(ready.c_str(), F_OK) == 0; }));
	Swap();
	EXPECT_TRUE(Eventually([&] {
		return service_->Status()["connections"]["left_behind"] > 0;
	})) << service_->Status();
	EXPECT_NE(service_->log().find("stay with generation 1"), std::string::npos);
	(void)Answered("v2 ");
	nlohmann::json status = service_->Status();
	EXPECT_GT(status["last_swap"]["connections_moved"], 0) << status;
}

// With threads a growing table costs tens of milliseconds, which would be the pause's.
TEST_F(MigrateLimitsTest, TheTableGrowsBeforeTheCommit)
{
	constexpr int kWide = 8192;

	Begin(false);
	pid_t old = service_->ProgramPid();
	EXPECT_EQ(kill(old, SIGSTOP), 0); // it cannot gate
	SetLimit(kWide);
	service_->SetVersion(2);
	Process reload = service_->ReloadMeanwhile();
	ASSERT_TRUE(Eventually([&] { return GateIsShut(service_->launcher().pid()); }));
	std::vector<pid_t> both = ChildrenOf(service_->launcher().pid());
	ASSERT_EQ(both.size(), 2u);
	EXPECT_EQ(TableSizeOf(both[0] == old ? both[1] : both[0]), kWide);
	kill(old, SIGCONT);
	EXPECT_EQ(reload.Wait(), 0) << service_->log();
	EXPECT_EQ(Answered("v2 "), kMany);
}

// The launcher takes what it may have, for what travels with a state; the program is not to notice.
TEST(OpenFiles, TheProgramHasTheLimitTheLauncherWasStartedWith)
{
	constexpr rlim_t kSoft = 777;
	Service service(ProgramNamed("http_server"));
	rlimit before = {};
	rlimit low;
	rlimit limit = {};

	ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = {kSoft, before.rlim_max};
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
	service.Start();
	EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
	EXPECT_EQ(prlimit(service.launcher().pid(), RLIMIT_NOFILE, nullptr, &limit), 0);
	EXPECT_EQ(limit.rlim_cur, before.rlim_max);
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(prlimit(service.ProgramPid(), RLIMIT_NOFILE, nullptr, &limit), 0);
		EXPECT_EQ(limit.rlim_cur, kSoft);
		EXPECT_EQ(limit.rlim_max, before.rlim_max);
		EXPECT_EQ(service.Reload().code, 0) << service.log();
	}
	EXPECT_GE(service.Stop(), 0);
}

// memcached lowers both of its limits to 1,024 when it runs, below the library's own descriptors. It
// speaks no HTTP: a silent connection stays, and is answered.
TEST(LoweredLimitTest, ASilentConnectionStays)
{
	Service service(
		{"memcached", {"sh", "-c", "exec memcached -u nobody -l 127.0.0.1 -p {P} -U 0"},
			{"http://127.0.0.1:{P}/"}, {}, false});

	service.Start();
	int before = DescriptorsOf(service.ProgramPid());
	Connection silent(service.urls()[0]);
	ASSERT_TRUE(Eventually([&] { return DescriptorsOf(service.ProgramPid()) > before; }));
	Output reload = service.Reload();
	ASSERT_EQ(reload.code, 0) << reload.err << service.log();
	silent.Send("version\r\n");
	EXPECT_EQ(silent.Receive(8), "VERSION ") << service.Status() << service.log();
	EXPECT_EQ(service.Status()["last_swap"]["connections_moved"], 0);
}

} // namespace aet
