// overlap: false with state: the old generation dumps and ends, the next one loads before it serves.
// Whatever becomes of the next one, the state is there for every further start.

#include "counter_service.h"
#include "hold.h"

#include <csignal>
#include <thread>

namespace aet
{

static const std::vector<std::string> kPython = {"/usr/bin/python3", "{T}/counter_asyncio.py"};
static const std::vector<std::string> kModule = {"/usr/bin/python3", "{T}/counter_keep.py"};
static const std::vector<std::string> kUvicorn = {"{V}/python", "-m", "uvicorn", "--app-dir", "{T}",
	"--port", "{P}", "--no-access-log", "--timeout-keep-alive", "120", "counter_asgi:app"};

struct Kind {
	const char *name;
	const char *mechanism;
	std::vector<std::string> command;
	const char *state; // of handoff.state
};

static std::ostream &operator<<(std::ostream &out, const Kind &kind)
{
	return out << kind.name << " " << kind.mechanism;
}

class StopFirstStateTest : public CounterTest, public testing::WithParamInterface<Kind>
{
      protected:
	void BeginKind(const std::vector<std::string> &more = {"service.ready_after: 100ms"})
	{
		const Kind &kind = GetParam();
		std::vector<std::string> settings = {"handoff.overlap: false",
			std::string("handoff.mechanism: ") + kind.mechanism};

		if (*kind.state)
			settings.push_back(std::string("handoff.state: [") + kind.state + "]");
		settings.insert(settings.end(), more.begin(), more.end());
		Begin({}, settings, kind.command);
	}
	// Clients wait while nobody serves: none of them for a second in all.
	void CountPatiently()
	{
		CountingShape shape;

		shape.kept = 8;
		shape.per_second = 50;
		Count(shape);
	}
	// But for how late: an interpreter has to start within the pause.
	void ExpectExactAndPatient()
	{
		Tally tally = counting_->Finish();

		EXPECT_EQ(tally.failures.size(), 0u) << tally.Text() << service_->log();
		EXPECT_EQ(tally.repeated, 0u) << tally.Text() << service_->log();
		EXPECT_EQ(tally.missing, 0u) << tally.Text() << service_->log();
		EXPECT_EQ(tally.back, 0u) << tally.Text();
		EXPECT_EQ(tally.reopened, 0u) << tally.Text();
		EXPECT_EQ(tally.first, 1u) << tally.Text();
		counting_.reset();
	}
};

TEST_P(StopFirstStateTest, GoesOnOverThreeSwaps)
{
	BeginKind();
	CountPatiently();
	for (int i = 0; i < 3; i++) {
		pid_t before = service_->ProgramPid();

		Swap();
		nlohmann::json last = service_->Status()["last_swap"];
		EXPECT_EQ(last["result"], "committed");
		EXPECT_GE(last["state_bytes"], 4096) << last;
		EXPECT_EQ(StateOf(before), 0) << "two of them run";
		EXPECT_TRUE(counting_->More(50)) << service_->log();
	}
	ExpectExactAndPatient();
}

// Clients wait in the kernel, and the fourth start gets what the old generation had.
TEST_P(StopFirstStateTest, IsThereAfterThreeStartsThatFail)
{
	BeginKind();
	CountPatiently();
	service_->SetFault("exit1");
	service_->SetVersion(2);
	EXPECT_EQ(service_->Reload().code, 1) << service_->log();
	EXPECT_EQ(Reason(), "exited");
	ASSERT_TRUE(Eventually([&] {
		return service_->log().find("the next try is in 200 ms") != std::string::npos;
	})) << service_->log();
	service_->SetFault("ok");
	ASSERT_TRUE(counting_->SawVersion("v2")) << service_->log();
	EXPECT_TRUE(counting_->More(50)) << service_->log();
	ExpectExactAndPatient();
}

// It takes the state and dies of the first request, and once more: no start is without the state.
TEST_P(StopFirstStateTest, IsThereAfterOneThatDiesOfARequest)
{
	BeginKind({"service.ready_after: 2s"});
	EXPECT_EQ(service_->Get(), "v1 1\n");
	service_->SetFault("die_on_first_request");
	service_->SetVersion(2);
	EXPECT_EQ(service_->Reload().code, 0) << service_->log();
	for (int i = 0; i < 2; i++) {
		pid_t before = service_->ProgramPid();

		EXPECT_EQ(service_->Get(), "");
		ASSERT_TRUE(Eventually([&] {
			return service_->ProgramPid() > 0 && service_->ProgramPid() != before;
		})) << service_->log();
		EXPECT_TRUE(service_->WaitForState("running"));
	}
	service_->SetFault("ok");
	kill(service_->ProgramPid(), SIGKILL);
	EXPECT_EQ(service_->Get(), "v2 2\n") << service_->log();
}

using StopFirstEndTest = CounterTest;

// An end with status 0 ends the launcher otherwise, which alone has the state.
TEST_F(StopFirstEndTest, IsThereAfterOneThatSaysAllIsWellAndEnds)
{
	Begin({},
		{"handoff.overlap: false", "handoff.state: [\"counter_asyncio:STATE\"]",
			"service.ready_after: 2s"},
		kPython);
	EXPECT_EQ(service_->Get(), "v1 1\n");
	service_->SetFault("leave_on_first_request");
	service_->SetVersion(2);
	EXPECT_EQ(service_->Reload().code, 0) << service_->log();
	service_->SetFault("ok");
	EXPECT_EQ(service_->Get(), "");
	EXPECT_EQ(service_->Get(), "v2 2\n") << service_->log();
}

static const Kind kKinds[] = {
	{"python_name", "shm", kPython, "\"counter_asyncio:STATE\""},
	{"python_name", "pipe", kPython, "\"counter_asyncio:STATE\""},
	{"python_keep", "shm", kModule, ""},
	{"python_keep", "pipe", kModule, ""},
	{"uvicorn", "shm", kUvicorn, "\"counter_asgi:app.state.count\""},
	{"c", "shm", {"{B}/counter"}, ""},
	{"c", "pipe", {"{B}/counter"}, ""},
};

static std::string Name(const testing::TestParamInfo<Kind> &kind)
{
	return std::string(kind.param.name) + "_" + kind.param.mechanism;
}

INSTANTIATE_TEST_SUITE_P(Kinds, StopFirstStateTest, testing::ValuesIn(kKinds), Name);

// --- a dump that fails ends nobody ---

class StopFirstFaultTest : public CounterTest
{
      protected:
	void ExpectUndoneThenGood(const std::string &reason, const std::string &words)
	{
		ExpectUndone(reason, words);
		EXPECT_EQ(service_->Status()["generation"], 1);
	}
};

// What would not be read is found before the old one ends.
TEST_F(StopFirstFaultTest, ADamagedState)
{
	for (const char *mechanism : {"shm", "pipe"}) {
		SCOPED_TRACE(mechanism);
		version_ = 1;
		Begin({},
			{"handoff.overlap: false", std::string("handoff.mechanism: ") + mechanism,
				"service.env: [\"LD_PRELOAD={B}/tamper.so\"]"});
		for (const char *damage : {"cut", "flip header", "flip toc"}) {
			WriteFile(service_->directory() + "/tamper", std::string(damage) + "\n");
			ExpectUndoneThenGood("state_corrupt", "");
		}
		WriteFile(service_->directory() + "/tamper", "\n");
		EXPECT_EQ(service_->Get(), "v1 1\n");
		Swap();
		EXPECT_EQ(service_->Get(), "v2 2\n");
	}
}

TEST_F(StopFirstFaultTest, AnObjectThatCannotTravel)
{
	Begin({"UNPICKLABLE=1"},
		{"handoff.overlap: false", "handoff.state: [\"counter_asyncio:STATE\"]"}, kPython);
	EXPECT_EQ(service_->Get(), "v1 1\n");
	ExpectUndoneThenGood("dump_failed", "counter_asyncio:STATE['x']['lock']");
	EXPECT_EQ(service_->Get(), "v1 2\n");
}

// State is configured, and the program is none that could have it: nobody is ended for that.
TEST_F(StopFirstFaultTest, AStateThatNobodyTookUp)
{
	Begin({}, {"handoff.overlap: false", "handoff.state: [\"counter_asyncio:STATE\"]"},
		{"{B}/epoll", "{P}", "{D}/version"});
	ExpectUndoneThenGood("dump_failed", "handoff.state");
}

// --- held at its steps ---

class StopFirstHeldTest : public HoldTest
{
      protected:
	static std::string Number(const std::string &answer)
	{
		return answer.substr(answer.find(' ') + 1);
	}
};

// The old one has dumped, and a process lets it serve on: with all it had.
TEST_F(StopFirstHeldTest, WhatIsUndoneServesOn)
{
	Begin(kStopFirstBusy);
	pid_t old = serving_;
	Asked reload = EnterState("YIELD");
	PhaseWord word(service_->launcher().pid());
	word.Abort();
	reload->Expect(1, kUndone);
	LetGo();
	EXPECT_EQ(service_->ProgramPid(), old);
	EXPECT_EQ(Number(slow_->Answer()), "1\n");
	EXPECT_EQ(Number(service_->Get()), "2\n");
	ExpectGood();
	EXPECT_EQ(Number(service_->Get()), "4\n");
}

// on_busy: rollback is the default, and nobody ends.
TEST_F(StopFirstHeldTest, ABusyOneIsNotEnded)
{
	Begin({"handoff.overlap: false", "handoff.settle_timeout: 10ms", "handoff.timeout: 300ms"});
	pid_t old = serving_;
	Asked reload = EnterState("QUIET");
	reload->Expect(1, "busy: 1 requests were in flight");
	LetGo();
	EXPECT_EQ(service_->ProgramPid(), old);
	EXPECT_EQ(Number(slow_->Answer()), "1\n");
	ExpectGood();
}

// on_busy: drain: the answer is heard to its end, and only then is the old one ended.
TEST_F(StopFirstHeldTest, ARequestInFlightIsAnsweredFirst)
{
	Begin(kStopFirstBusy);
	pid_t old = serving_;
	Asked reload = EnterState("YIELD");
	EXPECT_NE(StateOf(old), 0);
	LetGo();
	EXPECT_EQ(slow_->Answer().substr(0, 3), "v1 ");
	reload->Expect(0, "");
	EXPECT_EQ(service_->Status()["last_swap"]["answers_drained"], 1);
	ExpectServes(version_);
	ExpectGood();
}

TEST_F(StopFirstHeldTest, OneThatDrainsTooLongIsEnded)
{
	std::vector<std::string> settings = kStopFirstBusy;

	settings.emplace_back("handoff.drain_timeout: 200ms");
	Begin(settings);
	Asked reload = EnterState("YIELD");
	ExpectRow("YIELD TIMEOUT always end_old END_OLD");
	EXPECT_EQ(slow_->Answer(), "");
	LetGo();
	reload->Expect(0, "");
	ExpectServes(version_);
}

// The state is in the launcher alone: it does not end with a program that ends by itself.
TEST_F(StopFirstHeldTest, TheLauncherDoesNotEndWithTheNextOne)
{
	for (const char *restart : {"never", "on-failure"}) {
		SCOPED_TRACE(restart);
		version_ = 1;
		Begin({"handoff.overlap: false", std::string("service.restart: ") + restart});
		EXPECT_EQ(Number(service_->Get()), "1\n");
		Say("start", "exit");
		NextVersion();
		Ask("reload")->Expect(1, "exited: ");
		ExpectRow("FINISH DONE is_mourning bury FINISH");
		LetGo();
		EXPECT_EQ(Number(service_->Get()), "2\n") << service_->log();
		EXPECT_TRUE(service_->WaitForState("running"));
	}
}

// The next version does not take the state: it is ended soon, and the old version has it again.
TEST_F(StopFirstHeldTest, OneThatTakesNoStateDoesNotServe)
{
	Begin({"handoff.overlap: false"});
	EXPECT_EQ(Number(service_->Get()), "1\n");
	NextVersion();
	Say("load", "error");
	Ask("reload")->Expect(1, "load_failed: ");
	LetGo();
	EXPECT_EQ(Number(service_->Get()), "2\n") << service_->log();
}

// The old one has dumped, and the launcher is stopped: it serves on for the snapshot of the stop.
TEST_F(StopFirstHeldTest, AStopTakesItsSnapshotOfTheOldOne)
{
	std::vector<std::string> settings = kStopFirstBusy;

	settings.emplace_back("handoff.snapshot_file: \"{D}/snapshot\"");
	Begin(settings);
	Asked reload = EnterState("YIELD");
	Asked stop = Ask("stop");
	ExpectRow("YIELD STOP dumps_first undo_to_stop FINISH");
	LetGo();
	reload->Expect(1, "stopped: ");
	(void)service_->launcher().Wait();
	stop->Expect(0, "");
	service_->Start();
	EXPECT_EQ(Number(service_->Get()), "2\n") << service_->log();
}

// Nobody has the state but the launcher, and that is stopped: it is in the file.
TEST_F(StopFirstHeldTest, AStopWritesAStateThatNobodyHas)
{
	Begin({"handoff.overlap: false", "handoff.snapshot_file: \"{D}/snapshot\""});
	EXPECT_EQ(Number(service_->Get()), "1\n");
	Say("start", "exit");
	NextVersion();
	Ask("reload")->Expect(1, "exited: ");
	Asked stop = Ask("stop");
	(void)service_->launcher().Wait();
	stop->Expect(0, "");
	LetGo();
	service_->Start();
	EXPECT_EQ(Number(service_->Get()), "2\n") << service_->log();
}

} // namespace aet
