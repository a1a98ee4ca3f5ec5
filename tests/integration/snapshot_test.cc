// Snapshots, and what becomes of a program that dies: it is started again with the state that was
// kept, clients wait in the queue meanwhile.

#include <csignal>

#include "counter_service.h"

namespace aet
{

class SnapshotTest : public CounterTest
{
      protected:
	long long Bytes() const
	{
		nlohmann::json status = service_->Status();

		return status["snapshot"].is_object() ? status["snapshot"]["bytes"].get<long long>()
						      : 0;
	}
	void Snapshot()
	{
		Output output = service_->Command("snapshot");

		ASSERT_EQ(output.code, 0) << output.err << service_->log();
		EXPECT_GE(Bytes(), 4096);
	}
	int Number(const std::string &body) const
	{
		return body.empty() ? -1 : atoi(&body[body.find(' ')]);
	}
	void KillProgram()
	{
		pid_t pid = service_->ProgramPid();

		ASSERT_GT(pid, 0);
		kill(pid, SIGKILL);
	}
};

TEST_F(SnapshotTest, IsTakenUnderLoadAndNobodyNotices)
{
	Begin({"SHAPE=threads"});
	Count();
	for (int i = 0; i < 5; i++) {
		Snapshot();
		EXPECT_TRUE(counting_->More(30));
	}
	EXPECT_LT(service_->Status()["snapshot"]["age_s"], 5.0);
	EXPECT_EQ(service_->Status()["swaps"]["committed"], 0);
	Swap();
	ExpectExact();
}

// A process that has dumped once is at its next gate as free to answer as at its first one.
TEST_F(SnapshotTest, ARequestInFlightAtTheNextGateIsAnswered)
{
	Begin({"SHAPE=threads"}, {"handoff.settle_timeout: 100ms", "handoff.timeout: 4s"});
	Connection slow(service_->urls()[0]);

	Snapshot();
	slow.Ask("/slow/800");
	EXPECT_TRUE(
		Eventually([&] { return service_->Status()["connections"]["in_flight"] == 1; }));
	Snapshot();
	EXPECT_EQ(slow.Answer(), "v1 1\n");
	slow.Ask("/slow/800");
	EXPECT_TRUE(
		Eventually([&] { return service_->Status()["connections"]["in_flight"] == 1; }));
	Swap();
	EXPECT_EQ(slow.Answer(), "v1 2\n");
	EXPECT_EQ(service_->Get(), "v2 3\n");
}

TEST_F(SnapshotTest, ACrashAfterItGoesOnFromThere)
{
	Begin({}, {"service.ready_after: 100ms"});
	for (int i = 1; i <= 7; i++)
		EXPECT_EQ(Number(service_->Get()), i);
	Snapshot();
	for (int i = 8; i <= 10; i++)
		EXPECT_EQ(Number(service_->Get()), i);
	KillProgram();
	for (int i = 8; i <= 10; i++) // nobody is refused meanwhile
		EXPECT_EQ(Number(service_->Get()), i) << service_->log();
	EXPECT_NE(service_->log().find("has the state of "), std::string::npos) << service_->log();
	double up = service_->Status()["uptime_s"];
	EXPECT_TRUE(Eventually([&] { return service_->Status()["uptime_s"] > up + 0.3; }));
	KillProgram(); // it had lasted for ready_after: once more from the same
	EXPECT_EQ(Number(service_->Get()), 8) << service_->log();
	Swap();
	EXPECT_EQ(Number(service_->Get()), 9) << service_->log();
}

TEST_F(SnapshotTest, BySignalToTheLauncher)
{
	Begin({});
	EXPECT_EQ(Number(service_->Get()), 1);
	service_->launcher().Signal(SIGUSR2);
	EXPECT_TRUE(Eventually([&] { return Bytes() > 0; })) << service_->log();
	EXPECT_EQ(Number(service_->Get()), 2);
	KillProgram();
	EXPECT_EQ(Number(service_->Get()), 2) << service_->log();
}

TEST_F(SnapshotTest, BySignalToTheProgram)
{
	Begin({});
	EXPECT_EQ(Number(service_->Get()), 1);
	kill(service_->ProgramPid(), SIGUSR2);
	EXPECT_TRUE(Eventually([&] { return Bytes() > 0; })) << service_->log();
	EXPECT_EQ(Number(service_->Get()), 2);
	KillProgram();
	EXPECT_EQ(Number(service_->Get()), 2) << service_->log();
}

// It dies of the state it is given: the next start is without.
TEST_F(SnapshotTest, AProgramThatDiesOfItIsStartedWithout)
{
	Begin({});
	EXPECT_EQ(Number(service_->Get()), 1);
	Snapshot();
	service_->SetFault("die_after_load");
	KillProgram();
	EXPECT_EQ(service_->Get(), "") << "the one that kills it is lost";
	EXPECT_EQ(Number(service_->Get()), 1) << service_->log();
	EXPECT_NE(service_->log().find("the next start is without it"), std::string::npos);
	EXPECT_TRUE(service_->Status()["snapshot"].is_null());
}

// The same for a load that fails.
TEST_F(SnapshotTest, AProgramThatDoesNotTakeItIsStartedWithout)
{
	for (const char *fault : {"load_error", "load_crash"}) {
		SCOPED_TRACE(fault);
		Begin({});
		EXPECT_EQ(Number(service_->Get()), 1);
		Snapshot();
		service_->SetFault(fault);
		KillProgram();
		EXPECT_EQ(Number(service_->Get()), 1) << service_->log();
		EXPECT_NE(service_->log().find("the next start is without it"), std::string::npos)
			<< service_->log();
	}
}

// The state of a swap is kept until the new version has proved itself: the old one, which would go on
// with its memory, may die as well.
TEST_F(SnapshotTest, AVersionThatDiesAfterTheSwapIsStartedAgainWithItsState)
{
	Begin({});
	pid_t old = service_->ProgramPid();
	EXPECT_EQ(Number(service_->Get()), 1);
	EXPECT_EQ(Number(service_->Get()), 2);
	Swap();
	kill(old, SIGKILL);
	EXPECT_TRUE(Eventually([&] { return !StateOf(old); }));
	KillProgram();
	EXPECT_EQ(service_->Get(), "v2 3\n") << service_->log();
}

TEST_F(SnapshotTest, OfAProgramWithoutStateIsRefused)
{
	Begin({}, {}, {"{B}/counter-bare"});
	Output output = service_->Command("snapshot");

	EXPECT_EQ(output.code, 1);
	EXPECT_NE(output.err.find("no process of the program has state"), std::string::npos)
		<< output.err;
	EXPECT_EQ(service_->Get(), "v1 1\n");
}

TEST_F(SnapshotTest, OneThatFailsChangesNothing)
{
	Begin({}, {"handoff.timeout: 400ms"});
	Count();
	Snapshot();
	long long bytes = Bytes();
	for (const char *fault : {"hang", "crash", "error", "exit"}) {
		SetDumpFault(fault);
		EXPECT_EQ(service_->Command("snapshot").code, 1) << fault;
		EXPECT_EQ(Bytes(), bytes) << fault;
		EXPECT_TRUE(counting_->More(30));
	}
	SetDumpFault("none");
	Snapshot();
	ExpectExact();
}

} // namespace aet
