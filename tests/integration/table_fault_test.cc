// What used to go wrong where one thing happens during another: `overlap: false` and a request while
// the old version ends; the serving generation dies while the candidate boots; the candidate vanishes
// from the phase word at the gate.

#include "hold.h"
#include "samples.h"

#include <csignal>

namespace aet
{

// --- overlap: false, the old version ends ---

class StopFirstTest : public HoldTest
{
      protected:
	Asked BeginAndEnd()
	{
		Begin({"handoff.overlap: false", "service.stop_timeout: 60s"}, "{B}/held-bare");
		return EnterState("END_OLD");
	}
	int Generation() const
	{
		return service_->Status()["generation"];
	}
};

// One that was asked for meanwhile follows, and no more than that.
TEST_F(StopFirstTest, AnotherRequestIsOneMoreSwap)
{
	Asked first = BeginAndEnd();

	service_->launcher().Signal(SIGHUP);
	service_->launcher().Signal(SIGHUP);
	EXPECT_TRUE(service_->WaitForState("swapping"));
	EXPECT_EQ(Generation(), 1);
	LetGo();
	first->Expect(0, "");
	EXPECT_TRUE(Eventually([&] { return Generation() == 3; })) << service_->Status();
	EXPECT_TRUE(service_->WaitForState("running"));
	Ask("snapshot")->Expect(1, "dump_failed: ");
	ExpectServes(version_);
	EXPECT_EQ(Generation(), 3) << "the snapshot began a swap";
	EXPECT_EQ(service_->Status()["swaps"]["committed"], 2);
	ExpectGood();
}

TEST_F(StopFirstTest, ASnapshotIsAnsweredWhenTheNextOneServes)
{
	Asked first = BeginAndEnd();
	Asked snapshot = Ask("snapshot");

	ExpectRow("END_OLD SNAPSHOT always remember_snapshot END_OLD");
	LetGo();
	first->Expect(0, "");
	snapshot->Expect(1, "dump_failed: no process of the program has state");
	EXPECT_EQ(Generation(), 2);
	ExpectServes(version_);
	ExpectGood();
}

// By its own end, long before it would be killed, and nothing new starts.
TEST_F(StopFirstTest, StopDoesNotStartTheNextOne)
{
	auto start = std::chrono::steady_clock::now();
	Asked first = BeginAndEnd();
	Asked stop = Ask("stop");

	EXPECT_TRUE(service_->WaitForState("stopping"));
	LetGo();
	ExpectStopped(kOwnCode);
	EXPECT_LT(std::chrono::steady_clock::now() - start, Milliseconds(30000));
	first->Expect(1, "stopped: ");
	stop->Expect(0, "");
	EXPECT_EQ(service_->log().find("generation 2 "), std::string::npos) << service_->log();
}

// --- the serving generation dies while the candidate boots ---

class HeirTest : public HoldTest
{
      protected:
	void BeginBoot(const std::string &step, const std::vector<std::string> &settings = {},
		bool kept = false)
	{
		Begin(settings);
		if (kept)
			Ask("snapshot")->Expect(0, "");
		NextVersion();
		Hold(step);
		reload_ = Ask("reload");
		AwaitAt(step);
		heir_ = Candidate();
	}
	void BeginLoad()
	{
		load_ = std::make_unique<Load>(service_->urls(),
			std::vector<std::string>{
				"--keepalive", "1", "--rate", "300", "--raw", raw()});
		EXPECT_TRUE(load_->established());
	}
	// What the dead one had accepted went with it, and nothing else.
	void ExpectNoneRefused(long long killed_ns)
	{
		EXPECT_TRUE(load_->SawVersion(service_->Version()));
		nlohmann::json report = load_->Finish();
		std::vector<Sample> samples = Samples(raw(), report);
		int fresh = 0;

		for (const Sample &sample : samples) {
			bool is_later = sample.scheduled_ns > killed_ns;

			fresh += sample.fresh && is_later;
			EXPECT_TRUE(sample.connected || !sample.fresh) << sample.kind;
			EXPECT_TRUE(!sample.fresh || !is_later || sample.kind == "ok")
				<< sample.kind << " " << Failures(report) << service_->log();
		}
		EXPECT_GT(fresh, 0);
	}
	std::string raw() const
	{
		return service_->directory() + "/raw";
	}

	Asked reload_;
	std::unique_ptr<Load> load_;
	pid_t heir_ = -1;
};

// Before it has a socket, and when it has bound one and does not listen yet.
TEST_F(HeirTest, ServesWhenItIsReadyAndNobodyIsRefused)
{
	for (const char *step : {"start", "bound"}) {
		SCOPED_TRACE(step);
		version_ = 1;
		BeginBoot(step);
		BeginLoad();
		KillServing();
		EXPECT_TRUE(Eventually([&] { return StateOf(serving_) == 0; }));
		long long killed_ns = Now();
		EXPECT_TRUE(service_->WaitForState("starting"));
		Release(step);
		reload_->Expect(0, "");
		ExpectNoneRefused(killed_ns);
		ExpectServes(version_);
		EXPECT_EQ(serving_, heir_);
		EXPECT_EQ(service_->log().find("is closed: "), std::string::npos);
		ExpectGood();
	}
}

// The version that is committed starts again, and not the one that hung.
TEST_F(HeirTest, IsKilledAtItsEndAndTheCommittedOneStarts)
{
	Begin();
	NextVersion();
	Hold("start");
	service_->RunBy({"env", "VERSION_FILE={D}/other"}, {"service.start_timeout: 1s"});
	WriteFile(service_->directory() + "/other", "other\n");
	Asked reload = Ask("reload");
	AwaitAt("start");
	KillServing();
	ExpectRow("START TIMEOUT is_awaited kill_late START");
	LetGo();
	reload->Expect(1, "never_bound: ");
	service_->RunBy({}, {"service.start_timeout: 30s"});
	ExpectServes(version_);
	ExpectGood();
}

// The launcher is killed in between: whoever is alone serves all the same.
TEST_F(HeirTest, ServesWithoutALauncher)
{
	struct Moment {
		const char *step;
		bool kept;
	};

	for (const Moment &moment : {Moment{"start", false}, {"bound", false}, {"load", true}}) {
		SCOPED_TRACE(moment.step);
		version_ = 1;
		std::string first = moment.kept ? "start" : moment.step;
		BeginBoot(first, {}, moment.kept);
		KillServing();
		EXPECT_TRUE(service_->WaitForState("starting"));
		if (moment.kept) {
			Hold("load");
			Release("start");
			AwaitAt("load");
		}
		service_->launcher().Signal(SIGKILL);
		EXPECT_EQ(service_->launcher().Wait(), 128 + SIGKILL);
		LetGo();
		// At `start` it has no listener yet, and nobody who keeps one for it any more.
		EXPECT_TRUE(Eventually([&] {
			return service_->Get().compare(0, 3, "v2 ") == 0 || first != "start";
		})) << service_->log();
		EXPECT_EQ(service_->Get().compare(0, 3, "v2 "), 0) << service_->log();
		EXPECT_NE(StateOf(heir_), 0);
	}
}

// --- the candidate vanishes from the phase word at the gate ---

class VanishedTest : public HoldTest
{
      protected:
	Asked BeginGate(const std::vector<std::string> &env = {})
	{
		Begin({"service.ready_after: 20s"}, "{B}/held-bare", env);
		return EnterState("GATE");
	}
	// Whoever waits is told while the old one stands still.
	void ExpectUndone(const Asked &reload, const char *sentence)
	{
		reload->Expect(1, sentence);
		LetGo();
		ExpectServes(1);
		EXPECT_EQ(service_->StatusText("reason"), "gate_failed");
		ExpectGood();
	}
};

// A worker of the new one, which ends with it; its parent lives.
TEST_F(VanishedTest, AProcessThatLostTheLauncherUndoesIt)
{
	Asked reload = BeginGate({"WORKER=1"});

	CutLifeline(ChildrenOf(Candidate()).back());
	ExpectRow("GATE UNDONE always undo FINISH");
	ExpectUndone(reload, kUndone);
}

// Nobody waits for an old one that lost it: it finds the word decided when it goes on.
TEST_F(VanishedTest, AnOldOneThatLostTheLauncherDrains)
{
	Asked reload = BeginGate();

	CutLifeline(serving_);
	reload->Expect(0, "");
	LetGo();
	for (int i = 0; i < 20; i++)
		ExpectServes(2);
	ExpectGood();
}

// A hostile one can write what it likes, also a generation that does not exist.
TEST_F(VanishedTest, AWordThatTheLauncherDidNotWriteUndoesIt)
{
	struct Word {
		int phase;
		unsigned serving;
		unsigned candidate;
	};

	for (const Word &written :
		{Word{0, 1, 0}, {0, 77, 0}, {1, 1, 99}, {1, 55, 99}, {2, 2, 0}}) {
		SCOPED_TRACE(std::to_string(written.phase) + " " + std::to_string(written.serving));
		version_ = 1;
		Asked reload = BeginGate();
		PhaseWord word(service_->launcher().pid());

		word.Set(written.phase, written.serving, written.candidate);
		ExpectRow("GATE UNDONE always undo FINISH");
		ExpectUndone(reload, kUndone);
	}
}

} // namespace aet
