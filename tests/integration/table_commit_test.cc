// A swap is committed, nothing is in hand, or the launcher ends: whatever can come there comes.

#include "hold.h"

#include <csignal>

namespace aet
{

// A worker of the old generation stands still between its gate and its next look at its connections:
// the launcher waits for it at most 2 s (AET_PROOF_MOST_MS). Not the first process: the launcher
// forwards its own SIGCONT to that one.
class ProofTest : public HoldTest
{
      protected:
	Asked EnterProof()
	{
		Begin({"service.ready_after: 20s"}, "{B}/held-bare", {"WORKER=1"});
		Asked reload = EnterState("GATE");
		pid_t launcher = service_->launcher().pid();
		pid_t worker = stopped_;

		kill(launcher, SIGSTOP);
		EXPECT_TRUE(Eventually([&] { return StateOf(launcher) == 'T'; }));
		kill(worker, SIGCONT);
		EXPECT_TRUE(Eventually([&] { return StateOf(worker) == 'S'; }));
		Stop(worker);
		kill(launcher, SIGCONT);
		ExpectRow("DECIDE DECIDED always commit PROOF");
		old_ = serving_;
		return reload;
	}

	pid_t old_ = -1;
};

TEST_F(ProofTest, AnotherRequestEndsIt)
{
	Asked reload = EnterProof();

	ExpectRow("PROOF TIMEOUT is_moving wait_on PROOF");
	Ask("dry")->Expect(1, "busy: the last swap is not settled yet");
	ExpectRow("PROOF TRY always say_busy PROOF");
	NextVersion();
	Asked next = Ask("reload");
	ExpectRow("PROOF REQUEST always answer_and_remember FINISH");
	reload->Expect(0, "");
	LetGo();
	next->Expect(0, "");
	ExpectServes(version_);
	ExpectGood();
}

TEST_F(ProofTest, ASnapshotEndsIt)
{
	Asked reload = EnterProof();
	Asked snapshot = Ask("snapshot");

	ExpectRow("PROOF SNAPSHOT always answer_snapshot_next FINISH");
	reload->Expect(0, "");
	snapshot->Expect(1, "dump_failed: no process of the program has state to dump");
	LetGo();
	ExpectServes(version_);
	ExpectGood();
}

TEST_F(ProofTest, IsStopped)
{
	Asked reload = EnterProof();
	Asked stop = Ask("stop");

	ExpectRow("PROOF STOP always stop STOPPING");
	reload->Expect(1, kStopping);
	ExpectStopped(kOwnCode);
	stop->Expect(0, "");
}

TEST_F(ProofTest, AVersionThatDiesGivesBack)
{
	Asked reload = EnterProof();

	serving_ = service_->ProgramPid();
	EXPECT_NE(serving_, old_);
	kill(serving_, SIGKILL);
	ExpectRow("PROOF SERVING_LOST always mourn FINISH");
	ExpectRow("FINISH DONE can_give_back give_back FINISH");
	reload->Expect(1, "exited_after_commit: ");
	LetGo();
	ExpectServes(1);
	EXPECT_EQ(serving_, old_);
	ExpectGood();
}

// One that drains since the swap before has nothing left that could move: nobody waits for it.
TEST_F(HoldTest, AnOlderOneThatDrainsIsNotWaitedFor)
{
	Begin({"service.ready_after: 20s"}, "{B}/held-bare");
	ExpectGood();
	for (const char *overlap : {"true", "false"}) {
		SCOPED_TRACE(overlap);
		Configure({"service.ready_after: 20s", std::string("handoff.overlap: ") + overlap});
		auto start = std::chrono::steady_clock::now();
		ExpectGood();
		EXPECT_LT(std::chrono::steady_clock::now() - start, Milliseconds(2000));
		EXPECT_EQ(service_->Status()["draining"][0]["generation"], 1);
	}
}

// --- it is on probation ---

TEST_F(HoldTest, ProbationIsInterruptedAndGoesOn)
{
	Begin({"service.ready_after: 30s"});
	Ask("dry")->Expect(0, "the new version would serve");
	ExpectRow("CHECK CHECKED always boot BOOT");
	ExpectRow("FINISH DONE remembers_try look_dry CHECK");
	ExpectRow("FINISH DONE is_on_probation wait_on PROBATION");
	Forget();
	Ask("snapshot")->Expect(0, "");
	ExpectRow("PROBATION SNAPSHOT always remember_snapshot FINISH");
	ExpectRow("FINISH DONE is_on_probation wait_on PROBATION");
	Forget();
	Ask("reload")->Expect(0, "");
	ExpectRow("PROBATION REQUEST always remember FINISH");
	ExpectRow("PROOF TIMEOUT has_frozen answer PROBATION");
	Asked stop = Ask("stop");
	ExpectRow("PROBATION STOP always stop STOPPING");
	ExpectStopped(kOwnCode);
	stop->Expect(0, "");
}

// The old version stands still, and is stopped there: it does not say that it has looked at its
// connections, and the proof waits for that.
TEST_F(HoldTest, WhatIsRequestedBesideAFrozenVersionWaits)
{
	Begin({"service.ready_after: 4s"});
	Asked reload = EnterState("LOAD");
	Stop(serving_);
	Release("load");
	ExpectRow("DECIDE DECIDED always commit PROOF");
	NextVersion();
	Asked next = Ask("reload");
	ExpectRow("PROOF REQUEST has_frozen remember PROOF");
	Asked snapshot = Ask("snapshot");
	ExpectRow("PROOF SNAPSHOT has_frozen remember_snapshot PROOF");
	LetGo();
	reload->Expect(0, "");
	ExpectRow("PROOF TIMEOUT has_frozen answer PROBATION");
	Asked more = Ask("reload");
	ExpectRow("PROBATION REQUEST has_frozen remember PROBATION");
	Asked another = Ask("snapshot");
	ExpectRow("PROBATION SNAPSHOT has_frozen remember_snapshot PROBATION");
	Asked dry = Ask("dry");
	ExpectRow("PROBATION TRY has_frozen remember_try PROBATION");
	EXPECT_EQ(service_->Status()["draining"][0]["frozen"], true);
	Configure({"service.ready_after: 100ms"});
	ExpectRow("PROBATION TIMEOUT always prove FINISH");
	next->Expect(0, "");
	more->Expect(0, "");
	dry->Expect(0, "the new version would serve");
	snapshot->Expect(0, "");
	another->Expect(0, "");
	ExpectServes(version_);
	ExpectGood();
}

// --- nothing is in hand ---

TEST_F(HoldTest, NothingIsInHand)
{
	Begin({}, "{B}/held-bare");
	ExpectRow("PROBATION TIMEOUT always prove FINISH");
	Ask("dry")->Expect(0, "the new version would serve");
	ExpectRow("SERVE TRY always look_dry CHECK");
	ExpectRow("GATE GATED is_dry_run conclude FINISH");
	Ask("snapshot")->Expect(1, "dump_failed: no process of the program has state to dump");
	ExpectRow("SERVE SNAPSHOT always look_snapshot CHECK");
	Ask("reload")->Expect(0, "");
	ExpectRow("SERVE REQUEST always look CHECK");
	ExpectRow("FINISH DONE always wait_on SERVE");
	Asked stop = Ask("stop");
	ExpectRow("SERVE STOP always stop STOPPING");
	ExpectStopped(kOwnCode);
	stop->Expect(0, "");
}

// --- the launcher ends ---

TEST_F(HoldTest, WhoeverComesLateIsToldSo)
{
	Begin();
	Hold("end");
	Asked stop = Ask("stop");
	AwaitAt("end");
	Ask("reload")->Expect(1, kStopping);
	ExpectRow("STOPPING REQUEST always say_stopping STOPPING");
	Ask("dry")->Expect(1, kStopping);
	ExpectRow("STOPPING TRY always say_stopping STOPPING");
	Ask("snapshot")->Expect(1, kStopping);
	ExpectRow("STOPPING SNAPSHOT always say_stopping STOPPING");
	Asked another = Ask("stop");
	ExpectRow("STOPPING STOP always stop STOPPING");
	LetGo();
	ExpectRow("STOPPING SERVING_LOST always take_exit_code STOPPING");
	ExpectStopped(kOwnCode);
	stop->Expect(0, "");
	another->Expect(0, "");
}

} // namespace aet
