#include "rollback_killed.h"

#include <csignal>
#include <thread>

namespace aet
{

void RollbackKilledTest::SetUp()
{
	const Undone &undone = GetParam();

	service_ = std::make_unique<Service>(ProgramNamed(undone.program));
	service_->Start();
	load_ = std::make_unique<Load>(service_->urls(),
		std::vector<std::string>{"--keepalive", std::to_string(undone.clients), "--gap",
			undone.gap, "--ramp", undone.ramp, "--rate", std::to_string(undone.rate),
			"--raw", service_->directory() + "/raw"});
	ASSERT_TRUE(load_->established()) << load_->log();
	service_->SetVersion(2);
}

pid_t RollbackKilledTest::Candidate(pid_t old) const
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

Process RollbackKilledTest::ReloadToTheGate(pid_t old) const
{
	kill(old, SIGSTOP);
	Process reload = service_->ReloadMeanwhile();

	EXPECT_TRUE(Eventually([&] { return GateIsShut(service_->launcher().pid()); }));
	return reload;
}

void RollbackKilledTest::ExpectUndone(const std::string &reason, int times)
{
	EXPECT_TRUE(Eventually([&] { return service_->Status()["swaps"]["rolled_back"] == times; }))
		<< service_->Status() << service_->log();
	EXPECT_EQ(service_->StatusText("reason"), reason);
	EXPECT_EQ(service_->Get().compare(0, 3, "v1 "), 0);
	std::this_thread::sleep_for(GetParam().rest);
}

void RollbackKilledTest::ExpectNothingLost()
{
	nlohmann::json report = load_->Finish();

	EXPECT_EQ(report["failed"], 0) << Failures(report) << service_->log();
	EXPECT_EQ(report["keepalive"]["opened"], GetParam().clients) << service_->log();
	EXPECT_EQ(report["keepalive"]["closed_idle"], 0);
	EXPECT_EQ(service_->Status()["connections"]["left_behind"], 0);
}

void RollbackKilledTest::ExpectLastGood()
{
	service_->SetVersion(3);
	Output reload = service_->Reload();
	EXPECT_EQ(reload.code, 0) << reload.err << service_->log();
	EXPECT_TRUE(load_->SawVersion("v3"));
}

void RollbackKilledTest::KillWhileItBoots()
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
}

// A version that never says that it is ready stays where it has its listener.
void RollbackKilledTest::KillWhenItHasAdopted()
{
	pid_t old = service_->ProgramPid();

	service_->WriteConfiguration({"service.ready: notify"});
	for (int i = 1; i <= GetParam().times; i++) {
		Process reload = service_->ReloadMeanwhile();
		pid_t candidate = Candidate(old);
		std::string begin = "process " + std::to_string(candidate) + " of generation ";

		EXPECT_TRUE(Eventually([&] {
			std::string log = service_->log();
			size_t at = log.find(begin);

			return at != std::string::npos &&
				log.find("adopts the kept listener", at) != std::string::npos;
		})) << service_->log();
		kill(candidate, SIGKILL);
		EXPECT_EQ(reload.Wait(), 1);
		ExpectUndone("killed", i);
	}
	service_->WriteConfiguration({});
}

void RollbackKilledTest::KillAtTheGate()
{
	pid_t old = service_->ProgramPid();

	for (int i = 1; i <= GetParam().times; i++) {
		Process reload = ReloadToTheGate(old);

		kill(Candidate(old), SIGKILL);
		EXPECT_EQ(reload.Wait(), 1);
		kill(old, SIGCONT);
		ExpectUndone("killed", i);
	}
}

// What the old generation gave up waits in a handoff queue, and goes back to it.
void RollbackKilledTest::KillBeforeItAccepts()
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
				status["last_swap"]["connections_moved"] >= GetParam().clients / 2;
		})) << service_->Status();
		/* `reload` answers when a version has lasted for 150 ms: a slow machine is past that. */
		bool lasted = reload.Ended();
		kill(candidate, SIGKILL);
		EXPECT_EQ(reload.Wait(), lasted ? 0 : 1);
		ExpectUndone("exited_after_commit", i);
	}
}

void RollbackKilledTest::KillAfterItAccepted(int times)
{
	for (int i = 1; i <= times; i++) {
		pid_t old = service_->ProgramPid();
		Process reload = service_->ReloadMeanwhile();
		pid_t candidate = Candidate(old);

		EXPECT_TRUE(Eventually([&] { return service_->Get().compare(0, 3, "v2 ") == 0; }));
		kill(candidate, SIGKILL);
		(void)reload.Wait();
		ExpectUndone("exited_after_commit", i);
		EXPECT_EQ(service_->ProgramPid(), old);
	}
}

} // namespace aet
