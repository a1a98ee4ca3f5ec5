// A generation starts with nobody beside it, or nobody serves at all: whatever can come there comes.

#include "hold.h"

#include <csignal>

namespace aet
{

class StartTest : public HoldTest
{
      protected:
	// The program was killed, and stands at the step of its next start.
	void KillAndHold(const std::string &step)
	{
		serving_ = service_->ProgramPid();
		Hold(step);
		KillServing();
		AwaitAt(step);
		ExpectRow(step == "load" ? "START READY awaits_state load_kept RESTORE"
					 : "DOWN TIMEOUT always start START");
	}
	void BeginWithSnapshot(const std::vector<std::string> &settings = {})
	{
		Begin(settings);
		Ask("snapshot")->Expect(0, "");
		Forget();
	}
	pid_t Starting() const
	{
		return ChildrenOf(service_->launcher().pid()).back();
	}
	// It dies at each start, and the next try is so far away.
	void FailUntil(const std::string &wait)
	{
		serving_ = service_->ProgramPid();
		Say("start", "exit");
		KillServing();
		ASSERT_TRUE(Eventually([&] {
			return service_->log().find("the next try is in " + wait) !=
				std::string::npos;
		})) << service_->log();
	}
};

TEST_F(StartTest, TheFirstStartTakesItsTime)
{
	Prepare({"service.start_timeout: 50ms"}, "{B}/held", {});
	Hold("start");
	service_->Launch();
	ExpectRow("START TIMEOUT is_first wait_on START");
	LetGo();
	ASSERT_TRUE(service_->WaitForState("running")) << service_->log();
	Configure({});
	ExpectGood();
}

// Nobody waits for it: a new version is not kept waiting, and serves if the other one dies.
TEST_F(StartTest, IsOvertakenByANewVersion)
{
	Asked next;
	Asked snapshot;

	Begin();
	KillAndHold("start");
	pid_t starting = Starting();
	Ask("dry")->Expect(1, kBusy);
	ExpectRow("START TRY always say_busy START");
	Ask("snapshot")->Expect(1, "stopped: the program does not serve at the moment");
	ExpectRow("START SNAPSHOT always refuse_snapshot START");
	Hold("start");
	NextVersion();
	Asked reload = Ask("reload");
	ExpectRow("START REQUEST may_overtake look CHECK");
	AwaitAt("start");
	kill(starting, SIGKILL);
	ExpectRow("BOOT SERVING_LOST always succeed START");
	ExpectRow("START TRY always say_busy START");
	Ask("dry")->Expect(1, kBusy);
	next = Ask("reload");
	ExpectRow("START REQUEST always remember START");
	snapshot = Ask("snapshot");
	ExpectRow("START SNAPSHOT is_awaited remember_snapshot START");
	LetGo();
	reload->Expect(0, "");
	next->Expect(0, "");
	snapshot->Expect(0, "");
	ExpectServes(version_);
	ExpectGood();
}

TEST_F(StartTest, GoesOnAfterAVersionThatIsRefused)
{
	Begin();
	KillAndHold("start");
	WriteFile(service_->configuration(), "service: [");
	Ask("reload")->Expect(1, "bad_config: ");
	ExpectRow("CHECK REFUSED always refuse FINISH");
	ExpectRow("FINISH DONE is_starting wait_on START");
	Configure({});
	LetGo();
	ExpectServes(version_);
	ExpectGood();
}

TEST_F(StartTest, IsKilledWhenItTakesTooLong)
{
	Begin({"service.start_timeout: 500ms"});
	KillAndHold("start");
	ExpectRow("START TIMEOUT always kill_late START");
	ExpectRow("START SERVING_LOST always mourn FINISH");
	LetGo();
	ExpectServes(version_);
	Configure({});
	ExpectGood();
}

TEST_F(StartTest, IsStopped)
{
	Begin();
	KillAndHold("start");
	Asked stop = Ask("stop");
	ExpectRow("START STOP always stop STOPPING");
	ExpectStopped(kOwnCode);
	stop->Expect(0, "");
}

// A generation that lost the launcher lets itself in before it has loaded.
TEST_F(StartTest, IsKilledWhenItServesWithoutTheKeptState)
{
	BeginWithSnapshot();
	PhaseWord word(service_->launcher().pid());
	KillAndHold("start");
	word.Abort();
	ExpectRow("START UNDONE always kill_late START");
	LetGo();
	ExpectServes(version_);
	ExpectGood();
}

// --- it loads what is kept ---

using RestoreTest = StartTest;

TEST_F(RestoreTest, IsFollowedByWhatWasAskedFor)
{
	Asked reload;
	Asked snapshot;

	BeginWithSnapshot();
	KillAndHold("load");
	NextVersion();
	AskMeanwhile("RESTORE", &reload, &snapshot);
	LetGo();
	ExpectRow("RESTORE LOADED always serve_loaded PROBATION");
	reload->Expect(0, "");
	snapshot->Expect(0, "");
	ExpectServes(version_);
	ExpectGood();
}

TEST_F(RestoreTest, IsStopped)
{
	Asked reload;
	Asked snapshot;

	BeginWithSnapshot();
	KillAndHold("load");
	AskMeanwhile("RESTORE", &reload, &snapshot);
	Asked stop = Ask("stop");
	ExpectRow("RESTORE STOP always stop STOPPING");
	reload->Expect(1, kStopping);
	snapshot->Expect(1, kStopping);
	ExpectStopped(kOwnCode);
	stop->Expect(0, "");
}

TEST_F(RestoreTest, IsKilledWhenItServesBefore)
{
	BeginWithSnapshot();
	PhaseWord word(service_->launcher().pid());
	KillAndHold("load");
	word.Abort();
	ExpectRow("RESTORE UNDONE always kill_late RESTORE");
	ExpectRow("RESTORE SERVING_LOST always mourn FINISH");
	LetGo();
	ExpectServes(version_);
	ExpectGood();
}

TEST_F(RestoreTest, IsKilledWhenItTakesTooLong)
{
	BeginWithSnapshot({"service.start_timeout: 500ms", "handoff.timeout: 500ms"});
	KillAndHold("load");
	ExpectRow("RESTORE TIMEOUT always kill_late RESTORE");
	LetGo();
	ExpectServes(version_);
	Configure({});
	ExpectGood();
}

TEST_F(RestoreTest, IsKilledWhenItsHookFails)
{
	BeginWithSnapshot();
	KillAndHold("load");
	Say("load", "error");
	ExpectRow("RESTORE FAILED always reject RESTORE");
	LetGo();
	ExpectServes(version_);
	ExpectGood();
}

// --- nobody serves until the next try ---

using DownTest = StartTest;

TEST_F(DownTest, ANewVersionDoesNotWaitForTheNextTry)
{
	Begin();
	FailUntil("800 ms");
	Ask("dry")->Expect(1, kBusy);
	ExpectRow("DOWN TRY always say_busy DOWN");
	Ask("snapshot")->Expect(1, "stopped: the program does not serve at the moment");
	ExpectRow("DOWN SNAPSHOT always refuse_snapshot DOWN");
	LetGo();
	NextVersion();
	Ask("reload")->Expect(0, "");
	ExpectRow("DOWN REQUEST always look CHECK");
	ExpectRow("CHECK CHECKED nobody_serves start_new START");
	ExpectRow("START READY is_awaited serve PROOF");
	ExpectServes(version_);
	ExpectGood();
}

TEST_F(DownTest, IsStopped)
{
	Begin();
	FailUntil("800 ms");
	Asked stop = Ask("stop");
	ExpectRow("DOWN STOP always stop STOPPING");
	(void)service_->launcher().Wait();
	stop->Expect(0, "");
}

} // namespace aet
