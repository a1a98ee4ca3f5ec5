// The serving generation is killed in each state of a swap: its candidate takes over, with the state
// that is kept if there is any, or the program starts again. Whoever waits is answered, and what was
// asked for meanwhile follows.

#include "hold.h"

#include <csignal>
#include <sys/resource.h>

namespace aet
{

struct Death {
	const char *state;
	const char *verb; // of the swap that is held
	bool kept; // there is a snapshot
	const char *row; // that the death takes
	std::vector<std::string> settings;
	const char *program = "{B}/held";

	bool has_state() const
	{
		return std::string(program) == "{B}/held";
	}
	bool stops_first() const
	{
		return !settings.empty() && settings[0] == "handoff.overlap: false";
	}
};

static std::ostream &operator<<(std::ostream &out, const Death &death)
{
	return out << death.row;
}

static const std::vector<std::string> kStopFirst = {"handoff.overlap: false"};
static const std::vector<std::string> kSettlesSoon = {"handoff.settle_timeout: 10ms"};

// A worker has the state: the end of the first process is not that of the dump as well.
static const Death kDeaths[] = {
	{"BOOT", "reload", false, "BOOT SERVING_LOST always succeed START", {}},
	{"BOOT", "reload", true, "BOOT SERVING_LOST always succeed START", {}},
	{"BOOT", "dry", false, "BOOT SERVING_LOST is_dry_run undo_and_mourn FINISH", {}},
	{"SETTLE", "reload", false, "SETTLE SERVING_LOST always promote PROOF", {}},
	{"SETTLE", "reload", true, "SETTLE SERVING_LOST has_kept_state inherit_kept RESTORE", {}},
	{"SETTLE", "snapshot", false, "SETTLE SERVING_LOST is_trial undo_and_mourn FINISH", {}},
	{"GATE", "reload", false, "GATE SERVING_LOST always promote PROOF", {}},
	{"GATE", "reload", true, "GATE SERVING_LOST has_kept_state inherit_kept RESTORE", {}},
	{"GATE", "snapshot", false, "GATE SERVING_LOST is_trial undo_and_mourn FINISH", {}},
	{"QUIET", "reload", false, "QUIET SERVING_LOST always promote PROOF", kSettlesSoon},
	{"QUIET", "reload", true, "QUIET SERVING_LOST has_kept_state inherit_kept RESTORE",
		kSettlesSoon},
	{"QUIET", "snapshot", false, "QUIET SERVING_LOST is_trial undo_and_mourn FINISH",
		kSettlesSoon},
	{"DUMP", "reload", false, "DUMP SERVING_LOST always promote PROOF", {}},
	{"DUMP", "reload", true, "DUMP SERVING_LOST has_kept_state inherit_kept RESTORE", {}},
	{"DUMP", "dry", false, "DUMP SERVING_LOST is_trial undo_and_mourn FINISH", {}},
	{"COPY", "snapshot", false, "COPY SERVING_LOST always undo_and_mourn FINISH", {}},
	{"LOAD", "reload", false, "LOAD SERVING_LOST always inherit_dumped RESTORE", {}},
	{"LOAD", "dry", false, "LOAD SERVING_LOST is_trial undo_and_mourn FINISH", {}},
	{"ECHO", "dry", false, "ECHO SERVING_LOST always undo_and_mourn FINISH", {}},
	{"SETTLE", "reload", false, "SETTLE SERVING_LOST is_replace start_next START", kStopFirst},
	{"SETTLE", "reload", true, "SETTLE SERVING_LOST is_replace start_next START", kStopFirst},
	{"GATE", "reload", true, "GATE SERVING_LOST is_replace start_next START", kStopFirst},
	{"QUIET", "reload", false, "QUIET SERVING_LOST is_replace start_next START",
		{"handoff.overlap: false", "handoff.settle_timeout: 10ms"}},
	{"DUMP", "reload", false, "DUMP SERVING_LOST is_replace start_next START", kStopFirst},
	{"DUMP", "reload", true, "DUMP SERVING_LOST is_replace start_next START", kStopFirst},
	{"YIELD", "reload", false, "YIELD SERVING_LOST always start_next START", kStopFirstBusy},
	{"END_OLD", "reload", false, "END_OLD SERVING_LOST always start_next START", kStopFirst,
		"{B}/held-bare"},
};

class DeathTest : public HoldTest, public testing::WithParamInterface<Death>
{
};

TEST_P(DeathTest, IsSurvived)
{
	const Death &death = GetParam();
	bool is_trial = std::string(death.verb) != "reload";
	Asked next;
	Asked snapshot;

	Begin(death.settings, death.program, {"WORKER=1"});
	if (death.kept)
		Ask("snapshot")->Expect(0, "");
	Asked first = EnterState(death.state, death.verb);
	AskMeanwhile(death.state, &next, &snapshot);
	KillServing();
	ExpectRow(death.row);
	LetGo();
	first->Expect(is_trial ? 1 : 0, is_trial ? "exited: " : "");
	next->Expect(0, "");
	snapshot->Expect(death.has_state() ? 0 : 1, "");
	ExpectServes(version_);
	ExpectGood();
}

static std::string Name(const testing::TestParamInfo<Death> &death)
{
	return std::string(death.param.state) + "_" + death.param.verb +
		(death.param.kept ? "_kept" : "") +
		(death.param.stops_first() ? "_stop_first" : "");
}

INSTANTIATE_TEST_SUITE_P(States, DeathTest, testing::ValuesIn(kDeaths), Name);

// A program of one process: its end is not taken for that of its dump.
TEST_F(HoldTest, OneProcessThatDiesIsReplaced)
{
	for (const char *state : {"GATE", "QUIET", "DUMP"}) {
		SCOPED_TRACE(state);
		version_ = 1;
		Begin(kSettlesSoon);
		Asked reload = EnterState(state);
		KillServing();
		LetGo();
		reload->Expect(0, "");
		ExpectServes(version_);
		ExpectGood();
	}
}

// --- a predecessor still drains: it serves again ---

class PredecessorTest : public HoldTest
{
      protected:
	// Version 2 serves, and version 1 has a request in flight.
	void BeginTwo(const std::string &ready_after = "100ms")
	{
		Begin({"service.ready_after: " + ready_after}, "{B}/held-bare");
		HoldRequest();
		first_ = serving_;
		NextVersion();
		Ask("reload")->Expect(0, "");
		ExpectServes(version_);
		ExpectRow(std::string("PROOF TIMEOUT always answer PROBATION"));
	}

	pid_t first_ = -1;
};

// And the swap that was in hand begins anew.
TEST_F(PredecessorTest, ServesWhileTheNextVersionBootsAnew)
{
	BeginTwo();
	Asked reload = EnterState("BOOT");
	KillServing();
	ExpectRow("BOOT SERVING_LOST has_predecessor retry_and_mourn FINISH");
	ExpectRow("FINISH DONE can_give_back give_back FINISH");
	ExpectRow("FINISH DONE remembers_request look CHECK");
	EXPECT_EQ(service_->Get().compare(0, 3, "v1 "), 0);
	LetGo();
	reload->Expect(0, "");
	ExpectServes(version_);
	EXPECT_EQ(slow_->Answer().compare(0, 3, "v1 "), 0);
	ExpectGood();
}

TEST_F(PredecessorTest, ServesAgainDuringTheProbation)
{
	BeginTwo("30s");
	KillServing();
	ExpectRow("PROBATION SERVING_LOST always mourn FINISH");
	ExpectRow("FINISH DONE can_give_back give_back FINISH");
	ExpectServes(1);
	EXPECT_EQ(serving_, first_);
	EXPECT_EQ(service_->StatusText("reason"), "exited_after_commit");
	LetGo();
	EXPECT_EQ(slow_->Answer().compare(0, 3, "v1 "), 0);
	ExpectGood();
}

// The same when the one that should follow by overlap: false cannot even be started.
TEST_F(PredecessorTest, ServesAgainWhenTheNextOneCannotBeStarted)
{
	struct rlimit all;
	struct rlimit few;

	BeginTwo();
	Configure({"handoff.overlap: false"});
	Asked reload = EnterState("END_OLD");
	pid_t launcher = service_->launcher().pid();
	ASSERT_EQ(prlimit(launcher, RLIMIT_NOFILE, nullptr, &all), 0);
	few = {3, all.rlim_max}; // it opens nothing more
	ASSERT_EQ(prlimit(launcher, RLIMIT_NOFILE, &few, nullptr), 0);
	KillServing();
	ExpectRow("START SERVING_LOST always mourn FINISH");
	ExpectRow("FINISH DONE can_give_back give_back FINISH");
	ASSERT_EQ(prlimit(launcher, RLIMIT_NOFILE, &all, nullptr), 0);
	reload->Expect(1, "no_memory: ");
	ExpectServes(1);
	LetGo();
	EXPECT_EQ(slow_->Answer().compare(0, 3, "v1 "), 0);
	Configure({});
	ExpectGood();
}

// --- nothing is in hand ---

TEST_F(HoldTest, AProgramThatIsKilledStartsAgain)
{
	Begin();
	ExpectRow("PROBATION TIMEOUT always prove FINISH");
	serving_ = service_->ProgramPid();
	KillServing();
	ExpectRow("SERVE SERVING_LOST always mourn FINISH");
	ExpectRow("FINISH DONE is_mourning bury FINISH");
	ExpectRow("FINISH DONE nobody_serves wait_on DOWN");
	ExpectRow("DOWN TIMEOUT always start START");
	ExpectServes(version_);
	ExpectGood();
}

TEST_F(HoldTest, TheLauncherEndsWithAProgramThatIsNotToBeRestarted)
{
	Begin({"service.restart: never"});
	KillServing();
	ExpectRow("FINISH DONE ends_with_it end_with_it STOPPING");
	ExpectStopped(128 + SIGKILL);
}

} // namespace aet
