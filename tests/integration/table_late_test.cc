// A swap takes too long in each of its states, or its state cannot be handed over: it is undone, and
// the next one goes through.

#include "hold.h"

#include <csignal>
#include <sys/syscall.h>

namespace aet
{

class LateTest : public HoldTest
{
      protected:
	// Held in that state until it is undone, for this reason.
	void ExpectLate(const std::string &state, const std::string &verb,
		const std::vector<std::string> &settings, const std::string &sentence)
	{
		SCOPED_TRACE(state);
		Configure(settings);
		Asked asked = EnterState(state, verb);

		asked->Expect(1, sentence);
		Configure({});
		LetGo();
		ExpectServes(serves_);
	}
	// The same for a hook that says so.
	void ExpectFailed(const std::string &state, const std::string &verb,
		const std::string &step, const std::string &sentence)
	{
		SCOPED_TRACE(state);
		Asked asked = EnterState(state, verb);

		Say(step, "error");
		asked->Expect(1, sentence);
		ExpectRow(state + " FAILED always undo FINISH");
		LetGo();
		ExpectServes(serves_);
	}

	int serves_ = 1; // the version
};

TEST_F(LateTest, EachStateThatHasALimit)
{
	const std::vector<std::string> short_handoff = {"handoff.timeout: 200ms"};

	Begin();
	ExpectLate("BOOT", "reload", {"service.start_timeout: 200ms"}, "never_bound: ");
	ExpectRow("BOOT TIMEOUT always undo_late FINISH");
	ExpectLate("GATE", "reload", short_handoff, "gate_failed: ");
	ExpectRow("GATE TIMEOUT always undo_late FINISH");
	ExpectLate("QUIET", "reload", {"handoff.timeout: 200ms", "handoff.settle_timeout: 10ms"},
		"busy: 1 requests were in flight");
	ExpectRow("SETTLE TIMEOUT always gate GATE");
	ExpectRow("QUIET TIMEOUT waits_for_quiet undo_late FINISH");
	ExpectLate("DUMP", "reload", short_handoff, "dump_timeout: ");
	ExpectRow("DUMP TIMEOUT always undo_late FINISH");
	ExpectLate("LOAD", "reload", short_handoff, "handoff_timeout: ");
	ExpectRow("LOAD TIMEOUT always undo_late FINISH");
	ExpectLate("ECHO", "dry", {"handoff.timeout: 1s"},
		"dump_timeout: the new version cannot write what it has loaded: ");
	ExpectRow("ECHO TIMEOUT always undo_late FINISH");
	ExpectGood();
}

TEST_F(LateTest, EachHookThatFails)
{
	Begin();
	ExpectFailed("DUMP", "reload", "dump", "dump_failed: ");
	ExpectFailed("LOAD", "reload", "load", "load_failed: ");
	ExpectFailed("ECHO", "dry", "dump",
		"dump_failed: the new version cannot write what it has loaded: ");
	ExpectGood();
}

// Nobody has the state that was named.
TEST_F(LateTest, AStateThatNoProcessHasIsNotHandedOver)
{
	Begin({"handoff.state: [\"nothing:STATE\"]"}, "{B}/held-bare");
	Ask("reload")->Expect(1, "dump_failed: handoff.state is set");
	ExpectRow("BOOT READY state_unclaimed undo_unclaimed FINISH");
	ExpectServes(1);
}

// A new version that can load and not dump is as far as that tried.
TEST_F(LateTest, AVersionThatOnlyLoadsIsCompared)
{
	Begin();
	service_->RunBy({"sh", "-c", "exec {B}/held-loads"});
	Ask("dry")->Expect(1, "state_missing: ");
	ExpectRow("LOAD LOADED is_dry_run compare FINISH");
	service_->RunBy({});
	Configure({});
	ExpectGood();
}

// The word is undone in the last instant: by the load hook, whose end the launcher mostly sees before
// it looks at the word again.
TEST_F(LateTest, TheDecisionFindsTheWordUndone)
{
	Begin();
	Say("load", "abort");
	for (int i = 0; i < 50 && !Took("DECIDE UNDONE always undo FINISH"); i++)
		Ask("reload")->Expect(1, "gate_failed: a process ");
	ExpectRow("DECIDE UNDONE always undo FINISH");
	ExpectServes(1);
	ExpectGood();
}

TEST_F(LateTest, WhatIsInFlightIsCutWhereThatIsAllowed)
{
	Begin();
	Configure({"handoff.on_busy: close", "handoff.settle_timeout: 10ms",
		"handoff.timeout: 300ms"});
	Asked reload = EnterState("QUIET");
	ExpectRow("QUIET TIMEOUT always dump_busy DUMP");
	reload->Expect(0, "");
	EXPECT_EQ(slow_->Answer(), "");
	Configure({});
	ExpectServes(version_);
	ExpectGood();
}

TEST_F(LateTest, AnOldOneThatDoesNotEndIsKilled)
{
	Begin({}, "{B}/held-bare");
	Configure({"handoff.overlap: false", "service.stop_timeout: 200ms"});
	Asked reload = EnterState("END_OLD");
	ExpectRow("END_OLD TIMEOUT always kill_old END_OLD");
	LetGo();
	reload->Expect(0, "");
	ExpectServes(version_);
	Configure({});
	ExpectGood();
}

// And its connections are cut.
TEST_F(LateTest, AnOldOneThatDoesNotYieldIsEnded)
{
	Begin({}, "{B}/held-bare");
	Configure({"handoff.overlap: false", "handoff.timeout: 200ms"});
	Asked reload = EnterState("YIELD");
	ExpectRow("YIELD TIMEOUT always end_old END_OLD");
	reload->Expect(0, "");
	EXPECT_EQ(slow_->Answer(), "");
	Configure({});
	ExpectServes(version_);
	ExpectGood();
}

// --- what a version says that was given up, and is read only then ---

class LateWordTest : public LateTest
{
      protected:
	// The next version stands at the step, and what it does then the launcher does not see.
	Asked HoldUnseen(const std::string &step)
	{
		NextVersion();
		Hold(step);
		Asked reload = Ask("reload");
		AwaitAt(step);
		StopLauncher();
		return reload;
	}
	void StopLauncher()
	{
		pid_t launcher = service_->launcher().pid();

		kill(launcher, SIGSTOP);
		EXPECT_TRUE(Eventually([&] { return StateOf(launcher) == 'T'; }));
	}
	// A launcher that stands still owes it an answer.
	bool IsAsking(pid_t pid) const
	{
		std::string call = ReadFile("/proc/" + std::to_string(pid) + "/syscall");

		return atoi(call.c_str()) == SYS_recvmsg;
	}
	void GoOn()
	{
		kill(service_->launcher().pid(), SIGCONT);
	}
};

// It asks for the listener and is dead before it is answered: it gets no placeholder (the account of
// descriptors at the end tells).
TEST_F(LateWordTest, ABindIsNotAnswered)
{
	Begin();
	Asked reload = HoldUnseen("start");
	pid_t candidate = Candidate();
	Release("start");
	EXPECT_TRUE(Eventually([&] { return IsAsking(candidate); }));
	kill(candidate, SIGKILL);
	EXPECT_TRUE(Eventually([&] { return StateOf(candidate) == 'Z'; }));
	GoOn();
	reload->Expect(1, kKilled);
	ExpectServes(1);
	ExpectGood();
}

// It listens when start_timeout is up: the listener is the old version's still, and is kept.
TEST_F(LateWordTest, AListenDoesNotTakeTheListenerAway)
{
	Begin();
	Configure({"service.start_timeout: 500ms"});
	Asked reload = HoldUnseen("bound");
	auto late = std::chrono::steady_clock::now() + Milliseconds(500);
	Release("bound");
	EXPECT_TRUE(Eventually([&] { return std::chrono::steady_clock::now() > late; }));
	GoOn();
	reload->Expect(1, "never_bound: ");
	Configure({});
	ExpectServes(1);
	ExpectGood();
	EXPECT_EQ(service_->log().find("is closed: "), std::string::npos) << service_->log();
}

// --- the new version gets one process more that takes state ---

struct Crowd {
	const char *state; // in which it comes
	bool is_early; // it is forked with the first one
	std::vector<std::string> settings;
	const char *row;
};

static std::ostream &operator<<(std::ostream &out, const Crowd &crowd)
{
	return out << crowd.row;
}

static const Crowd kCrowds[] = {
	{"SETTLE", false, {}, "SETTLE FAILED always undo FINISH"},
	{"SETTLE", true, {"handoff.settle_timeout: 400ms"},
		"SETTLE TIMEOUT workers_differ undo_late FINISH"},
	{"GATE", false, {}, "GATE FAILED always undo FINISH"},
	{"QUIET", false, {"handoff.settle_timeout: 10ms"}, "QUIET FAILED always undo FINISH"},
};

class CrowdTest : public LateTest, public testing::WithParamInterface<Crowd>
{
};

TEST_P(CrowdTest, IsUndone)
{
	Begin(GetParam().settings, "{B}/held", {"WORKER=1"});
	if (GetParam().is_early)
		WriteFile(service_->directory() + "/more", "v2");
	Asked reload = EnterState(GetParam().state);
	if (!GetParam().is_early)
		WriteFile(service_->directory() + "/more", "v2");
	reload->Expect(1, "workers_changed: 1 process has state, and the new version has 2");
	ExpectRow(GetParam().row);
	LetGo();
	ExpectServes(1);
	ExpectGood();
}

INSTANTIATE_TEST_SUITE_P(States, CrowdTest, testing::ValuesIn(kCrowds),
	[](const testing::TestParamInfo<Crowd> &crowd) {
		return std::string(crowd.param.state) + "_" + std::to_string(crowd.index);
	});

} // namespace aet
