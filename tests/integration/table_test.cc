// A swap is held in each of its states, and whatever can come there comes: requests of every kind, the
// end of the candidate, a phase word that a process has undone, the end of the launcher. One service a
// state: the request that is remembered there is held there in its turn.

#include "hold.h"

#include <csignal>

namespace aet
{

struct Held {
	const char *state;
	const char *verb; // of the swap that is held
	std::vector<std::string> settings;
	bool has_candidate;
	std::vector<std::string> env;
	const char *program = "{B}/held";

	bool has_state() const
	{
		return std::string(program) == "{B}/held";
	}
};

static std::ostream &operator<<(std::ostream &out, const Held &held)
{
	return out << held.state;
}

// Where the candidate's one process has state, its end is that of the load as well: FAILED may come
// first. The first process of one with a worker has none.
static const Held kHeld[] = {
	{"BOOT", "reload", {}, true, {}},
	{"SETTLE", "reload", {}, true, {}},
	{"GATE", "reload", {}, true, {}},
	{"QUIET", "reload", {"handoff.settle_timeout: 10ms"}, true, {}},
	{"DUMP", "reload", {}, true, {}},
	{"LOAD", "reload", {}, true, {"WORKER=1"}},
	{"ECHO", "dry", {}, true, {"WORKER=1"}},
	{"YIELD", "reload", kStopFirstBusy, false, {}},
	{"END_OLD", "reload", {"handoff.overlap: false"}, false, {}, "{B}/held-bare"},
};

class HeldTest : public HoldTest, public testing::WithParamInterface<Held>
{
      protected:
	std::string Row(const std::string &rest) const
	{
		return std::string(GetParam().state) + " " + rest;
	}
	// The swap is held in the state, and another one and a snapshot are asked for meanwhile.
	void Enter()
	{
		const Held &held = GetParam();

		Begin(held.settings, held.program, held.env);
		first_ = EnterState(held.state, held.verb);
		AskMeanwhile(held.state, &next_, &snapshot_);
	}
	void ExpectBothFollow()
	{
		LetGo();
		next_->Expect(0, "");
		snapshot_->Expect(GetParam().has_state() ? 0 : 1, "");
		ExpectServes(version_);
		ExpectGood();
	}

	Asked first_;
	Asked next_;
	Asked snapshot_;
};

class UndoneTest : public HeldTest
{
};

class RobbedTest : public HeldTest
{
};

// The swap is undone, and what was asked for meanwhile follows: another one, and a snapshot.
TEST_P(UndoneTest, IsFollowedByWhatWasAskedFor)
{
	Enter();
	PhaseWord word(service_->launcher().pid());
	if (std::string(GetParam().state) == "ECHO")
		Hold("load"); // of the reload that follows
	Forget();
	word.Abort();
	first_->Expect(1, kUndone);
	ExpectRow(Row("UNDONE always undo FINISH"));
	ExpectRow("FINISH DONE remembers_request look CHECK");
	ExpectBothFollow();
}

TEST_P(RobbedTest, LosesItsCandidate)
{
	Enter();
	kill(Candidate(), SIGKILL);
	first_->Expect(1, kKilled);
	ExpectRow(Row("CANDIDATE_LOST always undo FINISH"));
	ExpectBothFollow();
}

TEST_P(HeldTest, IsStopped)
{
	Enter();
	Asked stop = Ask("stop");
	ExpectRow(Row("STOP always stop STOPPING"));
	first_->Expect(1, "stopped: ");
	next_->Expect(1, kStopping);
	snapshot_->Expect(1, kStopping);
	LetGo();
	ExpectStopped(kOwnCode);
	stop->Expect(0, "");
}

static std::string Name(const testing::TestParamInfo<Held> &held)
{
	return held.param.state;
}

// In END_OLD there is nothing to undo any more.
static std::vector<Held> Undoable()
{
	return {std::begin(kHeld), std::end(kHeld) - 1};
}

static std::vector<Held> WithCandidate()
{
	std::vector<Held> some;

	for (const Held &held : kHeld)
		if (held.has_candidate)
			some.push_back(held);
	return some;
}

INSTANTIATE_TEST_SUITE_P(States, HeldTest, testing::ValuesIn(kHeld), Name);
INSTANTIATE_TEST_SUITE_P(States, UndoneTest, testing::ValuesIn(Undoable()), Name);
INSTANTIATE_TEST_SUITE_P(States, RobbedTest, testing::ValuesIn(WithCandidate()), Name);

} // namespace aet
