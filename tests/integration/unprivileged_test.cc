// The whole of it as an ordinary user without a single capability.

#include <gtest/gtest.h>

#include <csignal>

#include "service.h"

namespace aet
{

class UnprivilegedTest : public testing::TestWithParam<std::string>
{
      protected:
	UnprivilegedTest()
	{
		std::string name = GetParam();
		Program program = {name, {"{D}/" + name}, {"http://127.0.0.1:{P}/"}, {}, false};

		service_ = std::make_unique<Service>(program,
			std::vector<std::string>{"service.start_timeout: 2s",
				"handoff.drain_timeout: 1s", "service.ready_after: 200ms"});
		EXPECT_EQ(
			aet::Run({"cp", "build/programs/" + name, service_->directory()}).code, 0);
		service_->BecomeOrdinaryUser();
		service_->Start();
	}
	static std::string StatusOf(pid_t pid)
	{
		return ReadFile("/proc/" + std::to_string(pid) + "/status");
	}

	std::unique_ptr<Service> service_;
};

TEST_P(UnprivilegedTest, StartsSwapsRollsBackAndStops)
{
	// As much as a program with a backlog of 5 bears by itself, before the first swap raises it.
	Load load(service_->urls(), {"--ramp", "1s", "--keepalive", "20", "--rate", "100"});

	ASSERT_TRUE(load.established());
	for (pid_t pid : {service_->launcher().pid(), service_->ProgramPid()}) {
		EXPECT_NE(StatusOf(pid).find("\nUid:\t65534\t65534\t65534"), std::string::npos);
		EXPECT_NE(StatusOf(pid).find("\nCapEff:\t0000000000000000"), std::string::npos);
	}
	for (int number = 2; number <= 3; number++) {
		service_->SetVersion(number);
		Output reload = service_->Reload();
		ASSERT_EQ(reload.code, 0) << reload.err << service_->log();
		ASSERT_TRUE(load.SawVersion(service_->Version()));
	}
	service_->SetVersion(4);
	for (const char *fault : {"exit1", "hang", "metrics_first"}) {
		service_->SetFault(fault);
		EXPECT_EQ(service_->Reload().code, 1) << fault;
		EXPECT_EQ(service_->Get().compare(0, 3, "v3 "), 0);
	}
	service_->SetFault("ok");
	EXPECT_EQ(service_->Reload().code, 0) << service_->log();
	nlohmann::json report = load.Finish();
	EXPECT_EQ(report["new"]["failed"], 0) << Failures(report) << service_->log();

	// A crash when nobody drains any more: started again.
	EXPECT_TRUE(Eventually([&] { return service_->Status()["draining"].empty(); }));
	pid_t killed = service_->ProgramPid();
	kill(killed, SIGKILL);
	// Until then a worker of the one that was killed may take the request, and be ended with it.
	EXPECT_TRUE(Eventually([&] {
		pid_t now = service_->ProgramPid();
		return now > 0 && now != killed;
	})) << service_->log();
	EXPECT_EQ(service_->Get().compare(0, 3, "v4 "), 0);
	EXPECT_EQ(service_->Status()["swaps"]["committed"], 3);
	EXPECT_EQ(service_->Command("stop").code, 0);
	EXPECT_GE(service_->launcher().Wait(), 0);
	EXPECT_NE(Connection(service_->urls()[0]).error(), 0);
}

// Root may command it, by its process number.
TEST_P(UnprivilegedTest, ObeysRoot)
{
	std::string pid = std::to_string(service_->launcher().pid());

	service_->SetVersion(2);
	EXPECT_EQ(aet::Run({Launcher(), "reload", "--pid", pid}).code, 0);
	EXPECT_EQ(service_->Get().compare(0, 3, "v2 "), 0);
	EXPECT_GE(service_->Stop(), 0);
}

static std::string Name(const testing::TestParamInfo<std::string> &info)
{
	return info.param;
}

INSTANTIATE_TEST_SUITE_P(Programs, UnprivilegedTest, testing::Values("epoll", "prefork"), Name);

} // namespace aet
