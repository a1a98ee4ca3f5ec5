// The launcher is killed: at any moment of a swap, exactly one generation serves on. A new version
// that is killed: rollback_killed_test.cc. With a state to hand over: state_fault_test.cc.

#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <random>
#include <thread>

#include "service.h"

namespace aet
{

static const std::string kPrograms[] = {"epoll", "asyncio", "threaded", "prefork"};
constexpr int kRounds = 8;
constexpr int kAsked = 20;

class LauncherKilledTest : public testing::TestWithParam<std::string>
{
      protected:
	void Begin()
	{
		service_ = std::make_unique<Service>(
			ProgramNamed(GetParam()), std::vector<std::string>{"handoff.timeout: 20s"});
		service_->Start();
		old_ = service_->ProgramPid();
		service_->SetVersion(2);
	}
	void KillLauncher()
	{
		service_->launcher().Signal(SIGKILL);
		EXPECT_EQ(service_->launcher().Wait(), 128 + SIGKILL);
	}
	// One version alone answers everybody; which one.
	std::string ServingVersion()
	{
		std::map<std::string, int> versions;
		std::string seen;

		for (int i = 0; i < kAsked; i++) {
			std::string body = service_->Get();

			versions[body.substr(0, body.find(' '))]++;
			seen += " '" + body.substr(0, body.find('\n')) + "'";
		}
		EXPECT_EQ(versions.size(), 1u) << "not exactly one:" << seen << "\n"
					       << service_->log();
		EXPECT_EQ(versions.begin()->first.substr(0, 1), "v") << "nobody serves";
		return versions.begin()->first;
	}
	// The process of the serving generation that gates last: a stopped one gates when it goes on.
	pid_t Laggard() const
	{
		return GetParam() == "prefork" ? ChildrenOf(old_).at(3) : old_;
	}
	std::vector<pid_t> Candidate() const
	{
		std::vector<pid_t> all;

		for (pid_t pid : ChildrenOf(service_->launcher().pid()))
			if (pid != old_) {
				std::vector<pid_t> more = DescendantsOf(pid);

				all.push_back(pid);
				all.insert(all.end(), more.begin(), more.end());
			}
		return all;
	}

	std::unique_ptr<Service> service_;
	pid_t old_ = -1;
};

// Any instant of the boot, the gate and the time after commit.
TEST_P(LauncherKilledTest, KilledAtAnyInstant)
{
	bool interpreted = GetParam() == "asyncio";
	std::uniform_int_distribution<int> microseconds(0, interpreted ? 200000 : 15000);
	std::mt19937 random(1);

	for (int round = 0; round < kRounds; round++) {
		int wait = microseconds(random);

		SCOPED_TRACE("round " + std::to_string(round) + ", killed after " +
			std::to_string(wait) + " us");
		Begin();
		Process reload = service_->ReloadMeanwhile();
		std::this_thread::sleep_for(std::chrono::microseconds(wait)); // any instant
		KillLauncher();
		EXPECT_GE(reload.Wait(), 0);
		(void)ServingVersion();
	}
}

// At the gate nothing is decided: the old one serves on, the new one ends by itself.
TEST_P(LauncherKilledTest, KilledAtTheGate)
{
	Begin();
	pid_t laggard = Laggard();
	std::vector<pid_t> candidate;

	kill(laggard, SIGSTOP);
	Process reload = service_->ReloadMeanwhile();
	ASSERT_TRUE(Eventually([&] { return GateIsShut(service_->launcher().pid()); }));
	candidate = Candidate();
	EXPECT_FALSE(candidate.empty());
	KillLauncher();
	kill(laggard, SIGCONT);
	EXPECT_EQ(ServingVersion(), "v1");
	for (pid_t pid : candidate)
		EXPECT_TRUE(Eventually([&] { return !StateOf(pid) || StateOf(pid) == 'Z'; }))
			<< CommandOf(pid);
	EXPECT_NE(reload.Wait(), 0);
}

// Just after commit: the new one has not even looked yet, and serves all the same.
TEST_P(LauncherKilledTest, KilledAfterCommit)
{
	Begin();
	pid_t laggard = Laggard();
	std::vector<pid_t> candidate;

	kill(laggard, SIGSTOP);
	Process reload = service_->ReloadMeanwhile();
	ASSERT_TRUE(Eventually([&] { return GateIsShut(service_->launcher().pid()); }));
	candidate = Candidate();
	for (pid_t pid : candidate)
		kill(pid, SIGSTOP);
	kill(laggard, SIGCONT);
	ASSERT_TRUE(Eventually([&] { return service_->Status()["swaps"]["committed"] == 1; }));
	KillLauncher();
	for (pid_t pid : candidate)
		kill(pid, SIGCONT);
	EXPECT_EQ(ServingVersion(), "v2");
	EXPECT_GE(reload.Wait(), 0);
}

// The survivors go on without it, under load.
TEST_P(LauncherKilledTest, ServesOnForLong)
{
	Begin();
	EXPECT_EQ(service_->Reload().code, 0);
	KillLauncher();
	Load load(service_->urls());
	EXPECT_TRUE(load.established());
	EXPECT_TRUE(load.SawVersion("v2"));
	nlohmann::json report = load.Finish();
	EXPECT_EQ(report["new"]["failed"], 0) << Failures(report);
}

static std::string Name(const testing::TestParamInfo<std::string> &info)
{
	return info.param;
}

INSTANTIATE_TEST_SUITE_P(Programs, LauncherKilledTest, testing::ValuesIn(kPrograms), Name);

} // namespace aet
