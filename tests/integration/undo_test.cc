// A new version that is killed, at whichever step, costs no keep-alive client its connection until
// it has accepted it.

#include <gtest/gtest.h>

#include <csignal>
#include <iostream>

#include "samples.h"
#include "service.h"

namespace aet
{

constexpr int kClients = 60;

struct Undone {
	const char *program;
	int times;
};

static const Undone kUndone[] = {{"epoll", 10}, {"threaded", 10}, {"asyncio", 3}};

class UndoTest : public testing::TestWithParam<Undone>
{
      protected:
	void SetUp() override
	{
		service_ = std::make_unique<Service>(ProgramNamed(GetParam().program));
		service_->Start();
		load_ = std::make_unique<Load>(service_->urls(),
			std::vector<std::string>{"--keepalive", std::to_string(kClients), "--gap",
				"100ms", "--rate", "100", "--raw", service_->directory() + "/raw"});
		ASSERT_TRUE(load_->established()) << load_->log();
		service_->SetVersion(2);
	}
	// The process of the new generation, once it is there.
	pid_t Candidate(pid_t old) const
	{
		pid_t found = -1;

		EXPECT_TRUE(Eventually([&] {
			for (pid_t pid : ChildrenOf(service_->launcher().pid()))
				if (pid != old && StateOf(pid) && StateOf(pid) != 'Z')
					found = pid;
			return found > 0;
		}));
		return found;
	}
	// The swap has come to its gate and stays there: the old generation does not answer.
	Process ReloadToTheGate(pid_t old) const
	{
		kill(old, SIGSTOP);
		Process reload = service_->ReloadMeanwhile();

		EXPECT_TRUE(Eventually([&] { return GateIsShut(service_->launcher().pid()); }));
		return reload;
	}
	void ExpectUndone(const std::string &reason, int times)
	{
		EXPECT_TRUE(Eventually([&] {
			return service_->Status()["swaps"]["rolled_back"] == times;
		})) << service_->Status()
		    << service_->log();
		EXPECT_EQ(service_->StatusText("reason"), reason);
		EXPECT_EQ(service_->Get().compare(0, 3, "v1 "), 0);
	}
	void ExpectNothingLost()
	{
		nlohmann::json report = load_->Finish();

		EXPECT_EQ(report["failed"], 0) << Failures(report) << service_->log();
		EXPECT_EQ(report["keepalive"]["opened"], kClients) << service_->log();
		EXPECT_EQ(report["keepalive"]["closed_idle"], 0);
		EXPECT_EQ(service_->Status()["connections"]["left_behind"], 0);
	}
	void ExpectLastGood()
	{
		service_->SetVersion(3);
		Output reload = service_->Reload();
		EXPECT_EQ(reload.code, 0) << reload.err << service_->log();
		EXPECT_TRUE(load_->SawVersion("v3"));
	}

	std::unique_ptr<Service> service_;
	std::unique_ptr<Load> load_;
};

TEST_P(UndoTest, KilledWhileItBoots)
{
	pid_t old = service_->ProgramPid();

	service_->SetFault("slow_start:30");
	for (int i = 1; i <= GetParam().times; i++) {
		Process reload = service_->ReloadMeanwhile();

		kill(Candidate(old), SIGKILL);
		EXPECT_EQ(reload.Wait(), 1);
		ExpectUndone("killed", i);
	}
	service_->SetFault("ok");
	ExpectLastGood();
	ExpectNothingLost();
}

TEST_P(UndoTest, KilledAtTheGate)
{
	pid_t old = service_->ProgramPid();

	for (int i = 1; i <= GetParam().times; i++) {
		Process reload = ReloadToTheGate(old);

		kill(Candidate(old), SIGKILL);
		EXPECT_EQ(reload.Wait(), 1);
		kill(old, SIGCONT);
		ExpectUndone("killed", i);
	}
	ExpectLastGood();
	ExpectNothingLost();
}

// What the old generation gave up waits in a pool, and goes back to it.
TEST_P(UndoTest, KilledBeforeItAccepts)
{
	pid_t old = service_->ProgramPid();

	for (int i = 1; i <= GetParam().times; i++) {
		Process reload = ReloadToTheGate(old);
		pid_t candidate = Candidate(old);

		kill(candidate, SIGSTOP);
		EXPECT_TRUE(Eventually([&] { return StateOf(candidate) == 'T'; }));
		kill(old, SIGCONT);
		EXPECT_TRUE(Eventually([&] {
			nlohmann::json status = service_->Status();

			return status["last_swap"].is_object() &&
				status["last_swap"]["connections_moved"] >= kClients / 2;
		})) << service_->Status();
		kill(candidate, SIGKILL);
		EXPECT_EQ(reload.Wait(), 1);
		ExpectUndone("exited_after_commit", i);
	}
	ExpectLastGood();
	ExpectNothingLost();
}

// A process that dies takes what it had accepted and what rested in it; nobody else's request
// fails, and nobody waits for an answer that does not come.
TEST_P(UndoTest, KilledAfterItAccepted)
{
	for (int i = 1; i <= std::min(GetParam().times, 3); i++) {
		pid_t old = service_->ProgramPid();
		Process reload = service_->ReloadMeanwhile();
		pid_t candidate = Candidate(old);

		EXPECT_TRUE(Eventually([&] { return service_->Get().compare(0, 3, "v2 ") == 0; }));
		kill(candidate, SIGKILL);
		(void)reload.Wait();
		ExpectUndone("exited_after_commit", i);
		EXPECT_EQ(service_->ProgramPid(), old);
	}
	ExpectLastGood();
	nlohmann::json report = load_->Finish();
	const nlohmann::json &kept = report["keepalive"];
	int times = std::min(GetParam().times, 3);
	EXPECT_EQ(report["failed"],
		report["new"]["eof"].get<int>() + report["new"]["reset"].get<int>() +
			kept["eof"].get<int>() + kept["reset"].get<int>())
		<< Failures(report) << service_->log();
	EXPECT_LE(kept["opened"], kClients * (1 + times));
	EXPECT_LE(report["new"]["failed"], times * 3) << Failures(report);
	std::cout << GetParam().program << ": reopened " << report["keepalive_reopened"]
		  << ", failed " << report["failed"] << " in " << times << " deaths\n";
}

static std::string Name(const testing::TestParamInfo<Undone> &info)
{
	return info.param.program;
}

INSTANTIATE_TEST_SUITE_P(Programs, UndoTest, testing::ValuesIn(kUndone), Name);

} // namespace aet
