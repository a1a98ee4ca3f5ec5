// A hook that fails, in whichever way, undoes the swap: the old version answers on, over the same
// connections, and counts as if nothing had been. What is in flight at the dump is treated as
// handoff.on_busy says.

#include <algorithm>
#include <csignal>

#include "counter_service.h"

namespace aet
{

class StateFaultTest : public CounterTest, public testing::WithParamInterface<const char *>
{
      protected:
	std::vector<std::string> Settings() const
	{
		return {std::string("handoff.mechanism: ") + GetParam(), "handoff.timeout: 400ms",
			"service.ready_after: 100ms"};
	}
};

struct Fault {
	const char *word;
	const char *reason;
};

static const Fault kDumpFaults[] = {{"hang", "dump_timeout"}, {"deadlock", "dump_timeout"},
	{"crash", "dump_failed"}, {"error", "dump_failed"}, {"exit", "dump_failed"},
	{"no_memory", "no_memory"}};
static const Fault kLoadFaults[] = {{"exit1", "exited"}, {"crash", "killed"},
	{"load_error", "load_failed"}, {"load_crash", "load_failed"},
	{"load_no_memory", "no_memory"}, {"load_hang", "handoff_timeout"}};

TEST_P(StateFaultTest, OfTheDump)
{
	Begin({"SHAPE=threads", "DEADLOCK=1"}, Settings());
	Count();
	for (const Fault &fault : kDumpFaults) {
		SCOPED_TRACE(fault.word);
		SetDumpFault(fault.word);
		ExpectUndone(fault.reason);
	}
	SetDumpFault("none");
	Swap();
	ExpectExact();
}

TEST_P(StateFaultTest, OfTheLoad)
{
	Begin({"SHAPE=loop"}, Settings());
	Count();
	for (const Fault &fault : kLoadFaults) {
		SCOPED_TRACE(fault.word);
		service_->SetFault(fault.word);
		ExpectUndone(fault.reason);
	}
	service_->SetFault("ok");
	Swap();
	ExpectExact();
}

// Whoever dumped is gone with the dump, and who wrote for it.
TEST_P(StateFaultTest, LeavesNoProcessBehind)
{
	Begin({"SHAPE=loop"}, Settings());
	pid_t program = service_->ProgramPid();
	auto is_alone = [&] {
		std::vector<pid_t> all = DescendantsOf(service_->launcher().pid());

		return all == std::vector<pid_t>{program};
	};

	for (const char *word : {"hang", "crash", "error", "exit"}) {
		SetDumpFault(word);
		EXPECT_EQ(service_->Reload().code, 1);
		EXPECT_TRUE(Eventually(is_alone, Milliseconds(3000))) << word;
	}
}

// The end of a large process takes a processor, which the load has use for: the copy that dumped
// ends when the swap is decided.
TEST_P(StateFaultTest, TheCopyOutlivesTheLoad)
{
	Begin({"SHAPE=loop"}, {std::string("handoff.mechanism: ") + GetParam()});
	pid_t program = service_->ProgramPid();
	service_->SetFault("load_hang");
	Process reload = service_->ReloadMeanwhile();

	EXPECT_TRUE(Eventually([&] {
		return !ReadFile(service_->directory() + "/loading").empty();
	})) << service_->log();
	for (int answers = 0; answers < 20; answers++) {
		service_->Status();
		ASSERT_EQ(ChildrenOf(program).size(), 1u) << answers;
		ASSERT_NE(StateOf(ChildrenOf(program)[0]), 'Z') << answers;
	}
	kill(ChildrenOf(service_->launcher().pid()).back(), SIGKILL);
	EXPECT_EQ(reload.Wait(), 1) << service_->log();
	EXPECT_TRUE(Eventually([&] { return ChildrenOf(program).empty(); }));
	EXPECT_EQ(service_->Get(), "v1 1\n") << service_->log();
}

// The program itself is killed in the middle of a dump.
TEST_P(StateFaultTest, AProgramThatDiesInItsDumpLeavesNoProcessBehind)
{
	Begin({"SHAPE=loop"}, {std::string("handoff.mechanism: ") + GetParam()});
	pid_t program = service_->ProgramPid();

	SetDumpFault("hang");
	Process snapshot({Launcher(), "snapshot", "-c", service_->configuration()}, {});
	/* The copy that writes a snapshot is no child of the program. */
	EXPECT_TRUE(
		Eventually([&] { return DescendantsOf(service_->launcher().pid()).size() > 1; }));
	kill(program, SIGKILL);
	EXPECT_EQ(snapshot.Wait(), 1);
	SetDumpFault("none");
	EXPECT_TRUE(service_->WaitForState("running"));
	EXPECT_TRUE(
		Eventually([&] { return DescendantsOf(service_->launcher().pid()).size() == 1; },
			Milliseconds(5000)));
	EXPECT_EQ(service_->Get(), "v1 1\n") << service_->log();
}

static std::string Name(const testing::TestParamInfo<const char *> &info)
{
	return info.param;
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, StateFaultTest, testing::Values("shm", "pipe"), Name);

using SafePointTest = CounterTest;

TEST_F(SafePointTest, AMainThreadThatNeverWaits)
{
	Begin({"SHAPE=busy"}, {"handoff.timeout: 400ms"});
	Count();
	ExpectUndone("no_safe_point");
	ExpectExact();
}

// Threads in a read are interrupted at the gate. One that was interrupted looks, too, and does not
// interrupt all the others again: their signals would queue up by the thousand.
TEST_F(SafePointTest, ThreadsDoNotInterruptEachOtherForEver)
{
	CountingShape shape;
	long most = 0;

	shape.kept = 64;
	shape.per_second = 0;
	shape.gap_ms = 1000;
	Begin({"SHAPE=threads"});
	Count(shape);
	SetDumpFault("error");
	pid_t program = service_->ProgramPid();
	for (int i = 0; i < 10; i++) {
		Process reload = service_->ReloadMeanwhile();

		while (!reload.Ended())
			most = std::max(most, ResidentKiBOf(program, "SigQ"));
		EXPECT_EQ(Reason(), "dump_failed");
	}
	EXPECT_LT(most, 5 * 64);
	ExpectExact();
}

// --- a request that takes longer than anybody waits ---

class StateBusyTest : public CounterTest
{
      protected:
	void BeginBusy(const std::string &on_busy)
	{
		Begin({"SHAPE=threads"},
			{"handoff.on_busy: " + on_busy, "handoff.settle_timeout: 200ms",
				"handoff.timeout: 300ms", "service.ready_after: 100ms"});
		slow_ = std::make_unique<Connection>(service_->urls()[0]);
		slow_->Ask("/slow/2500");
		EXPECT_TRUE(Eventually([&] {
			return service_->Status()["connections"]["in_flight"] == 1;
		})) << service_->Status();
	}

	std::unique_ptr<Connection> slow_;
};

TEST_F(StateBusyTest, RollbackWaitsAndGivesUp)
{
	BeginBusy("rollback");
	ExpectUndone("busy", "1 requests");
	EXPECT_EQ(slow_->Answer(), "v1 1\n");
	EXPECT_EQ(service_->Get(), "v1 2\n");
	Swap();
	slow_->Ask(); // it was moved, as it is idle now
	EXPECT_EQ(slow_->Answer(), "v2 3\n");
}

TEST_F(StateBusyTest, CloseCutsTheAnswer)
{
	BeginBusy("close");
	Swap();
	EXPECT_EQ(slow_->Answer(Milliseconds(1000)), "") << service_->log();
	EXPECT_EQ(service_->Get(), "v2 2\n");
	EXPECT_NE(
		service_->log().find("1 requests are in flight: they are cut"), std::string::npos);
}

TEST_F(StateBusyTest, DrainAnswersItFromTheOldOne)
{
	BeginBusy("drain");
	Swap();
	EXPECT_EQ(service_->Get(), "v2 2\n");
	EXPECT_EQ(slow_->Answer(), "v1 1\n") << service_->log();
	EXPECT_TRUE(Eventually([&] { return service_->Status()["draining"].empty(); }))
		<< service_->Status();
	EXPECT_EQ(service_->Get(), "v2 3\n");
}

// A short one is waited for: with the intake open, and then without.
TEST_F(StateBusyTest, AShortOneIsWaitedFor)
{
	Begin({"SHAPE=threads"}, {"service.ready_after: 100ms"});
	Connection slow(service_->urls()[0]);
	slow.Ask("/slow/700");
	EXPECT_TRUE(
		Eventually([&] { return service_->Status()["connections"]["in_flight"] == 1; }));
	Process reload = service_->ReloadMeanwhile();
	EXPECT_EQ(service_->Get(), "v1 2\n");
	EXPECT_EQ(slow.Answer(), "v1 1\n");
	EXPECT_EQ(reload.Wait(), 0) << service_->log();
	EXPECT_EQ(service_->Status()["generation"], 2);
	EXPECT_EQ(service_->Get(), "v1 3\n");
}

// The old generation dies when its state is whole already, and the new one has not got it yet.
class StateOrphanTest : public CounterTest
{
      protected:
	void KillTheOldOneDuringTheLoad(const std::string &fault, int code)
	{
		pid_t old;

		Begin({}, {"handoff.timeout: 2s"});
		EXPECT_EQ(service_->Get(), "v1 1\n");
		EXPECT_EQ(service_->Get(), "v1 2\n");
		old = service_->ProgramPid();
		service_->SetVersion(2);
		service_->SetFault(fault);
		Process reload = service_->ReloadMeanwhile();
		// Half a second is left of the load.
		ASSERT_TRUE(Eventually([&] {
			return !ReadFile(service_->directory() + "/loading").empty();
		})) << service_->log();
		service_->SetFault("ok");
		kill(old, SIGKILL);
		EXPECT_EQ(reload.Wait(), code) << service_->log();
	}
};

TEST_F(StateOrphanTest, TheNewOneGetsTheStateAllTheSame)
{
	KillTheOldOneDuringTheLoad("load_slow", 0);
	EXPECT_EQ(service_->Get(), "v2 3\n") << service_->log();
	EXPECT_EQ(service_->Status()["swaps"]["committed"], 1);
}

TEST_F(StateOrphanTest, AndIfItCannotTheNextStartDoes)
{
	KillTheOldOneDuringTheLoad("load_slow_error", 1);
	EXPECT_EQ(service_->Get(), "v2 3\n") << service_->log();
	EXPECT_EQ(service_->Status()["swaps"]["rolled_back"], 1);
}

TEST_F(StateOrphanTest, ASnapshotIsBetterThanNothing)
{
	Begin({"SLOW_MS=0"}, {"service.start_timeout: 5s"});
	EXPECT_EQ(service_->Get(), "v1 1\n");
	EXPECT_EQ(service_->Command("snapshot").code, 0) << service_->log();
	EXPECT_EQ(service_->Get(), "v1 2\n");
	pid_t old = service_->ProgramPid();
	service_->SetVersion(2);
	service_->SetFault("slow_start:0.5");
	Process reload = service_->ReloadMeanwhile();
	ASSERT_TRUE(service_->WaitForState("swapping"));
	service_->SetFault("ok");
	kill(old, SIGKILL);
	EXPECT_EQ(reload.Wait(), 0) << service_->log();
	EXPECT_EQ(service_->Get(), "v2 2\n") << service_->log();
}

} // namespace aet
