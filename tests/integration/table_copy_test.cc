// A snapshot that a copy of the program writes is held, and whatever can come there comes; and the
// launcher is told to stop, in each state, where that takes a snapshot first.

#include "hold.h"

#include <csignal>

namespace aet
{

static const char kFile[] = "handoff.snapshot_file: {D}/state";

// --- the program serves, a copy of it writes ---

class CopyTest : public HoldTest
{
      protected:
	pid_t Copy() const
	{
		return Candidate();
	}
};

TEST_F(CopyTest, TheProgramAnswersMeanwhile)
{
	Asked next;
	Asked other;

	Begin();
	Asked snapshot = EnterState("COPY", "snapshot");
	EXPECT_EQ(service_->Get(), "v1 1\n");
	EXPECT_EQ(service_->Get(), "v1 2\n");
	EXPECT_EQ(service_->Status()["state"], "running");
	AskMeanwhile("COPY", &next, &other);
	LetGo();
	ExpectRow("COPY DUMPED always keep_snapshot FINISH");
	snapshot->Expect(0, "");
	next->Expect(0, "");
	other->Expect(0, "");
	EXPECT_EQ(service_->Get(), "v2 3\n");
	ExpectGood();
}

// The end of a connection that the program closes reaches its client, whatever the copy does.
TEST_F(CopyTest, KeepsNoConnectionOpen)
{
	Begin();
	Connection kept(service_->urls()[0]);
	kept.Ask("/");
	EXPECT_EQ(kept.Answer(), "v1 1\n");
	Asked snapshot = EnterState("COPY", "snapshot");
	kept.Send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	EXPECT_EQ(kept.Answer(), "v1 2\n");
	EXPECT_TRUE(kept.Ended(Milliseconds(2000)));
	EXPECT_FALSE(snapshot->Ended());
	LetGo();
	snapshot->Expect(0, "");
	ExpectGood();
}

TEST_F(CopyTest, ACopyThatFailsIsSaid)
{
	Begin();
	Asked snapshot = EnterState("COPY", "snapshot");
	Say("dump", "error");
	ExpectRow("COPY FAILED always undo FINISH");
	snapshot->Expect(1, "dump_failed: aeterna_dump_state() failed");
	EXPECT_EQ(service_->Get(), "v1 1\n");
	ExpectGood();
}

TEST_F(CopyTest, ACopyThatIsKilledIsSaid)
{
	Begin();
	Asked snapshot = EnterState("COPY", "snapshot");
	kill(Copy(), SIGKILL);
	ExpectRow("COPY FAILED always undo FINISH");
	snapshot->Expect(1, "dump_failed: the copy that dumped ended without a report");
	EXPECT_EQ(service_->Get(), "v1 1\n");
	ExpectGood();
}

TEST_F(CopyTest, ACopyThatTakesTooLongIsKilled)
{
	Begin({"handoff.timeout: 100ms"});
	Asked snapshot = EnterState("COPY", "snapshot");
	pid_t copy = Copy();
	ExpectRow("COPY TIMEOUT always undo_late FINISH");
	snapshot->Expect(1, "dump_timeout: ");
	EXPECT_TRUE(Eventually([&] { return !StateOf(copy); }));
	EXPECT_EQ(service_->Get(), "v1 1\n");
	Configure({});
	ExpectGood();
}

TEST_F(CopyTest, IsStopped)
{
	Begin();
	Asked snapshot = EnterState("COPY", "snapshot");
	Asked stop = Ask("stop");
	ExpectRow("COPY STOP always stop STOPPING");
	snapshot->Expect(1, "stopped: ");
	LetGo();
	ExpectStopped(kOwnCode);
	stop->Expect(0, "");
}

TEST_F(CopyTest, OfSnapshotEvery)
{
	Begin({"handoff.snapshot_every: 50ms"});
	ExpectRow("SERVE DUE always look_due CHECK");
	ExpectRow("CHECK CHECKED is_due gate_at_once GATE");
	ExpectRow("QUIET CALM is_due dump DUMP");
	ExpectRow("DUMP COPIED always let_go COPY");
	ExpectRow("COPY DUMPED always keep_snapshot FINISH");
	Configure({});
	ExpectGood();
}

// --- a stop takes a snapshot first ---

struct Stopped {
	const char *state;
	const char *verb; // of the swap that is held
	const char *row;
	std::vector<std::string> settings;
};

static std::ostream &operator<<(std::ostream &out, const Stopped &stopped)
{
	return out << stopped.state;
}

static const Stopped kStopped[] = {
	{"BOOT", "reload", "BOOT STOP dumps_first undo_to_stop FINISH", {}},
	{"SETTLE", "reload", "SETTLE STOP dumps_first undo_to_stop FINISH", {}},
	{"GATE", "reload", "GATE STOP dumps_first undo_to_stop FINISH", {}},
	{"QUIET", "reload", "QUIET STOP dumps_first undo_to_stop FINISH",
		{"handoff.settle_timeout: 10ms"}},
	{"DUMP", "reload", "DUMP STOP dumps_first undo_to_stop FINISH", {}},
	{"COPY", "snapshot", "COPY STOP dumps_first undo_to_stop FINISH", {}},
	{"LOAD", "reload", "LOAD STOP dumps_first undo_to_stop FINISH", {}},
	{"ECHO", "dry", "ECHO STOP dumps_first undo_to_stop FINISH", {}},
	{"YIELD", "reload", "YIELD STOP dumps_first undo_to_stop FINISH", kStopFirstBusy},
};

class StopTest : public HoldTest, public testing::WithParamInterface<Stopped>
{
      protected:
	static std::vector<std::string> With(std::vector<std::string> settings)
	{
		settings.push_back(kFile);
		return settings;
	}
	// The memory is there at the next start.
	void ExpectStoppedWith(int count)
	{
		ExpectStopped(kOwnCode);
		service_->Start();
		std::string body = service_->Get();
		EXPECT_EQ(body.substr(body.find(' ')), " " + std::to_string(count + 1) + "\n")
			<< service_->log();
	}
};

TEST_P(StopTest, TakesASnapshotFirst)
{
	Begin(With(GetParam().settings));
	EXPECT_EQ(service_->Get(), "v1 1\n");
	Asked first = EnterState(GetParam().state, GetParam().verb);
	Asked stop = Ask("stop");
	ExpectRow(GetParam().row);
	ExpectRow("FINISH DONE dumps_at_last look_last CHECK");
	first->Expect(1, "stopped: ");
	LetGo();
	ExpectRow("DUMP DUMPED is_snapshot keep_snapshot FINISH");
	ExpectRow("FINISH DONE must_stop stop STOPPING");
	std::string state = GetParam().state;
	bool has_request = state == "SETTLE" || state == "QUIET" || state == "YIELD";
	ExpectStoppedWith(has_request ? 2 : 1);
	stop->Expect(0, "");
}

static std::string Name(const testing::TestParamInfo<Stopped> &stopped)
{
	return stopped.param.state;
}

INSTANTIATE_TEST_SUITE_P(States, StopTest, testing::ValuesIn(kStopped), Name);

class QuietStopTest : public StopTest
{
};

TEST_F(QuietStopTest, OfAProgramThatServes)
{
	Begin(With({}));
	EXPECT_EQ(service_->Get(), "v1 1\n");
	EXPECT_TRUE(Eventually([&] {
		return service_->log().find("FINISH DONE always wait_on SERVE") !=
			std::string::npos;
	}));
	EXPECT_EQ(service_->Get(), "v1 2\n");
	Asked stop = Ask("stop");
	ExpectRow("SERVE STOP dumps_first remember_stop FINISH");
	ExpectStoppedWith(2);
	stop->Expect(0, "");
}

TEST_F(QuietStopTest, OfOneOnProbation)
{
	Begin(With({"service.ready_after: 60s"}));
	EXPECT_EQ(service_->Get(), "v1 1\n");
	Asked stop = Ask("stop");
	ExpectRow("PROBATION STOP dumps_first remember_stop FINISH");
	ExpectStoppedWith(1);
	stop->Expect(0, "");
}

// `reload` has its answer before.
TEST_F(QuietStopTest, OfOneThatHasJustBeenCommitted)
{
	Begin(With({}));
	EXPECT_EQ(service_->Get(), "v1 1\n");
	NextVersion();
	Hold("load");
	Asked reload = Ask("reload");
	AwaitAt("load");
	Release("load");
	ExpectRow("DECIDE DECIDED always commit PROOF");
	Asked stop = Ask("stop");
	ExpectRow("PROOF STOP dumps_first answer_to_stop FINISH");
	reload->Expect(0, "");
	ExpectStoppedWith(1);
	stop->Expect(0, "");
}

// It is not waited for when somebody asks again.
TEST_F(QuietStopTest, ASecondStopGivesTheSnapshotUp)
{
	Begin(With({}));
	EXPECT_EQ(service_->Get(), "v1 1\n");
	Hold("dump");
	Asked stop = Ask("stop");
	AwaitAt("dump");
	Asked again = Ask("stop");
	ExpectRow("DUMP STOP always stop STOPPING");
	ExpectStopped(kOwnCode);
	stop->Expect(0, "");
	again->Expect(0, "");
	EXPECT_NE(access((service_->directory() + "/state").c_str(), F_OK), 0);
}

// A dump that hangs delays the stop by handoff.timeout, and no more.
TEST_F(QuietStopTest, ADumpThatHangsDoesNotKeepIt)
{
	Begin(With({"handoff.timeout: 300ms"}));
	Hold("dump");
	Asked stop = Ask("stop");
	ExpectRow("DUMP TIMEOUT always undo_late FINISH");
	ExpectRow("FINISH DONE must_stop stop STOPPING");
	ExpectStopped(kOwnCode);
	stop->Expect(0, "");
}

} // namespace aet
