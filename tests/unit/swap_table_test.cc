/* table.def as data: every row is taken by the real machine, with guards that answer as they are told
 * and actions that only say that they were called; and no state is a dead end. */
#include <atomic>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <string>
#include <vector>

/* C's atomics by C++'s, which have the same layout; C++17 has no stdatomic.h. */
#define _Atomic(type) std::atomic<type>
using std::atomic_compare_exchange_weak;
using std::atomic_load;

extern "C" {
#include "swap/machine.h"
}

namespace
{

constexpr int kMostRows = 400;

bool answers[kMostRows]; // of the guard of each row
std::vector<int> called; // whose action
std::vector<aet_timeout> armed;
aet_swap_event posted; // by the next action,
std::vector<int> held_then; // and whose guards hold after it

template <int row> bool Guard()
{
	return answers[row];
}

// Once an action was called no guard holds any more: what follows from it is another row's matter.
template <int row> void Action()
{
	called.push_back(row);
	std::fill(answers, answers + kMostRows, false);
	for (int next : held_then)
		answers[next] = true;
	held_then.clear();
	if (posted != AET_EVENT_NONE)
		aet_swap_post(posted);
	posted = AET_EVENT_NONE;
}

struct Names {
	std::string state;
	std::string event;
	std::string guard;
	std::string action;
	std::string next;
};

constexpr int kFirst = __COUNTER__ + 1;

#define T(state, event, guard, action, next, timeout)                                              \
	Row<__COUNTER__ - kFirst>(AET_SWAP_##state, AET_EVENT_##event, AET_SWAP_##next,            \
		AET_TIMEOUT_##timeout, #state " " #event " " #guard " " #action " " #next),

template <int row>
constexpr aet_swap_row Row(aet_swap_state state, aet_swap_event event, aet_swap_state next,
	aet_timeout timeout, const char *text)
{
	return {state, event, Guard<row>, Action<row>, next, timeout, text};
}

const aet_swap_row kRows[] = {
#include "swap/table.def"
};
#undef T

#define T(state, event, guard, action, next, timeout) {#state, #event, #guard, #action, #next},
const Names kNames[] = {
#include "swap/table.def"
};
#undef T

constexpr int kCount = sizeof(kRows) / sizeof(kRows[0]);
static_assert(kCount <= kMostRows, "there is room for each row's guard");

#define X(name) #name,
const char *const kStates[] = {AET_SWAP_STATES(X)};
const char *const kEvents[] = {AET_SWAP_EVENTS(X)};
#undef X

const aet_machine kMachine = {
	kRows, kCount, [](aet_timeout kind) { armed.push_back(kind); }, [](aet_swap_state) {}};

bool IsInstant(aet_swap_state state)
{
	return state == AET_SWAP_CHECK || state == AET_SWAP_DECIDE || state == AET_SWAP_FINISH;
}

bool HasCandidate(aet_swap_state state)
{
	return (state >= AET_SWAP_BOOT && state <= AET_SWAP_DECIDE);
}

bool IsAnswered(aet_swap_state state, aet_swap_event event)
{
	for (const aet_swap_row &row : kRows)
		if (row.state == state && row.event == event)
			return true;
	return false;
}

std::set<aet_swap_state> ReachedFrom(aet_swap_state first)
{
	std::set<aet_swap_state> reached = {first};

	for (size_t before = 0; before != reached.size();) {
		before = reached.size();
		for (const aet_swap_row &row : kRows)
			if (reached.count(row.state))
				reached.insert(row.next);
	}
	return reached;
}

class SwapTableTest : public testing::Test
{
      protected:
	// This row is the first one of its state and event whose guard holds.
	void LetHold(int row)
	{
		for (int i = 0; i < kCount; i++)
			answers[i] = kRows[i].state != kRows[row].state ||
				kRows[i].event != kRows[row].event || i >= row;
	}
	void Dispatch(int row)
	{
		called.clear();
		armed.clear();
		posted = AET_EVENT_NONE;
		aet_swap = {};
		aet_swap.state = kRows[row].state;
		LetHold(row);
		aet_machine_run(&kMachine, kRows[row].event);
	}
};

TEST_F(SwapTableTest, EveryRowIsTakenAsItSays)
{
	for (int i = 0; i < kCount; i++) {
		SCOPED_TRACE(kRows[i].text);
		Dispatch(i);
		EXPECT_EQ(called, std::vector<int>{i});
		EXPECT_EQ(aet_swap.state, kRows[i].next);
		EXPECT_EQ(aet_swap.inner, AET_EVENT_NONE);
		if (kRows[i].timeout == AET_TIMEOUT_KEEP)
			EXPECT_TRUE(armed.empty());
		else
			EXPECT_EQ(armed, std::vector<aet_timeout>{kRows[i].timeout});
	}
}

TEST_F(SwapTableTest, AnEventWithoutARowChangesNothing)
{
	std::fill(answers, answers + kMostRows, true);
	for (int state = 0; state < AET_SWAP_STATE_COUNT; state++)
		for (int event = 0; event < AET_EVENT_COUNT; event++) {
			if (IsAnswered(aet_swap_state(state), aet_swap_event(event)))
				continue;
			aet_swap = {};
			aet_swap.state = aet_swap_state(state);
			called.clear();
			armed.clear();
			aet_machine_run(&kMachine, aet_swap_event(event));
			EXPECT_EQ(aet_swap.state, state) << kEvents[event];
			EXPECT_TRUE(called.empty() && armed.empty())
				<< kStates[state] << " " << kEvents[event];
		}
}

int RowOf(aet_swap_state state, aet_swap_event event, aet_swap_state next)
{
	for (int i = 0; i < kCount; i++)
		if (kRows[i].state == state && kRows[i].event == event && kRows[i].next == next)
			return i;
	return -1;
}

// One call takes what an action posts, and DONE where a swap ends, and nothing else.
TEST_F(SwapTableTest, WhatIsPostedIsTakenAtOnce)
{
	int decide = RowOf(AET_SWAP_GATE, AET_EVENT_GATED, AET_SWAP_DECIDE);
	int undo = RowOf(AET_SWAP_DECIDE, AET_EVENT_UNDONE, AET_SWAP_FINISH);
	int serve = RowOf(AET_SWAP_FINISH, AET_EVENT_DONE, AET_SWAP_SERVE);

	ASSERT_TRUE(decide >= 0 && undo >= 0 && serve >= 0);
	Dispatch(decide);
	EXPECT_EQ(aet_swap.state, AET_SWAP_DECIDE);
	aet_swap.state = AET_SWAP_GATE;
	called.clear();
	LetHold(decide);
	posted = AET_EVENT_UNDONE;
	held_then = {undo};
	aet_machine_run(&kMachine, AET_EVENT_GATED);
	EXPECT_EQ(called, (std::vector<int>{decide, undo}));
	EXPECT_EQ(aet_swap.state, AET_SWAP_FINISH);
	called.clear();
	aet_swap.state = AET_SWAP_DECIDE;
	LetHold(undo);
	held_then = {serve};
	aet_machine_run(&kMachine, AET_EVENT_UNDONE);
	EXPECT_EQ(called, (std::vector<int>{undo, serve}));
	EXPECT_EQ(aet_swap.state, AET_SWAP_SERVE);
}

TEST_F(SwapTableTest, IsWhatTheLauncherRuns)
{
	std::map<std::string, bool (*)()> guards;
	std::map<std::string, void (*)()> actions;
	unsigned count = 0;
	const aet_swap_row *rows = aet_machine_rows(&count);

	ASSERT_EQ(count, static_cast<unsigned>(kCount));
	for (int i = 0; i < kCount; i++) {
		EXPECT_STREQ(rows[i].text, kRows[i].text);
		EXPECT_EQ(rows[i].state, kRows[i].state);
		EXPECT_EQ(rows[i].event, kRows[i].event);
		EXPECT_EQ(rows[i].next, kRows[i].next);
		EXPECT_EQ(rows[i].timeout, kRows[i].timeout);
		EXPECT_EQ(guards.emplace(kNames[i].guard, rows[i].guard).first->second,
			rows[i].guard);
		EXPECT_EQ(actions.emplace(kNames[i].action, rows[i].action).first->second,
			rows[i].action);
	}
}

TEST_F(SwapTableTest, EveryStateThatLastsCanBeStopped)
{
	for (int i = 0; i < AET_SWAP_STATE_COUNT; i++)
		EXPECT_EQ(IsAnswered(aet_swap_state(i), AET_EVENT_STOP),
			!IsInstant(aet_swap_state(i)))
			<< kStates[i];
}

// SERVE waits for whatever comes. KEEP counts as what is armed where the row begins.
TEST_F(SwapTableTest, EveryOtherStateThatLastsHasAnEnd)
{
	std::set<aet_swap_state> armed_in;
	std::set<aet_swap_state> endless_in;

	for (const aet_swap_row &row : kRows) {
		if (row.timeout == AET_TIMEOUT_NONE)
			endless_in.insert(row.next);
		else if (row.timeout != AET_TIMEOUT_KEEP)
			armed_in.insert(row.next);
	}
	for (const aet_swap_row &row : kRows) {
		if (row.timeout != AET_TIMEOUT_KEEP)
			continue;
		EXPECT_TRUE(armed_in.count(row.state)) << row.text;
		EXPECT_FALSE(endless_in.count(row.state)) << row.text;
		armed_in.insert(row.next);
	}
	for (int i = 0; i < AET_SWAP_STATE_COUNT; i++) {
		aet_swap_state state = aet_swap_state(i);
		bool is_endless = IsInstant(state) || state == AET_SWAP_SERVE;

		EXPECT_EQ(endless_in.count(state), is_endless ? 1u : 0u) << kStates[i];
		EXPECT_EQ(armed_in.count(state), is_endless ? 0u : 1u) << kStates[i];
		EXPECT_EQ(IsAnswered(state, AET_EVENT_TIMEOUT), !is_endless) << kStates[i];
	}
}

// The last row of a state and an event has no guard, and no other one has none.
TEST_F(SwapTableTest, OneRowOfEachEventIsAlwaysTaken)
{
	for (int i = 0; i < kCount; i++) {
		bool is_last = true;

		for (int j = i + 1; j < kCount; j++)
			is_last = is_last &&
				(kRows[j].state != kRows[i].state ||
					kRows[j].event != kRows[i].event);
		EXPECT_EQ(kNames[i].guard == "always", is_last) << kRows[i].text;
	}
}

TEST_F(SwapTableTest, EveryStateIsReachedAndNoneIsADeadEnd)
{
	EXPECT_EQ(ReachedFrom(AET_SWAP_DOWN).size(), size_t(AET_SWAP_STATE_COUNT))
		<< "from the beginning";
	for (int i = 0; i < AET_SWAP_STATE_COUNT; i++) {
		std::set<aet_swap_state> reached = ReachedFrom(aet_swap_state(i));

		EXPECT_TRUE(reached.count(AET_SWAP_STOPPING)) << kStates[i];
		EXPECT_EQ(reached.count(AET_SWAP_SERVE), i == AET_SWAP_STOPPING ? 0u : 1u)
			<< kStates[i];
	}
	EXPECT_TRUE(ReachedFrom(AET_SWAP_FINISH).count(AET_SWAP_SERVE));
}

bool HasNoCandidateYet(int row)
{
	bool is_snapshot = kRows[row].next == AET_SWAP_COPY;
	bool starts_later = kNames[row].guard == "is_replace"; // when the old one is gone

	return is_snapshot || starts_later;
}

// It commits, becomes the serving one before its time, or is given up: nowhere is it forgotten.
TEST_F(SwapTableTest, ACandidateIsSeenTo)
{
	for (int i = 0; i < kCount; i++) {
		const aet_swap_row &row = kRows[i];
		bool is_seen_to = row.next == AET_SWAP_FINISH || row.next == AET_SWAP_PROOF ||
			row.next == AET_SWAP_START || row.next == AET_SWAP_RESTORE ||
			row.next == AET_SWAP_STOPPING;

		if (HasCandidate(row.state) && !HasCandidate(row.next)) {
			EXPECT_TRUE(is_seen_to || HasNoCandidateYet(i)) << row.text;
		}
		if (!HasCandidate(row.state) && HasCandidate(row.next)) {
			EXPECT_EQ(row.state, AET_SWAP_CHECK) << row.text;
		}
	}
}

TEST_F(SwapTableTest, WhatAnActionMayPostIsAnsweredWhereItLeads)
{
	const std::map<std::string, std::vector<aet_swap_event>> posts = {
		{"look", {AET_EVENT_CHECKED, AET_EVENT_REFUSED}},
		{"look_dry", {AET_EVENT_CHECKED, AET_EVENT_REFUSED}},
		{"look_snapshot", {AET_EVENT_CHECKED, AET_EVENT_REFUSED}},
		{"look_due", {AET_EVENT_CHECKED, AET_EVENT_REFUSED}},
		{"gate_at_once", {AET_EVENT_UNDONE}},
		{"look_last", {AET_EVENT_CHECKED, AET_EVENT_REFUSED}},
		{"yield_dumped", {AET_EVENT_UNDONE}},
		{"boot", {AET_EVENT_CANDIDATE_LOST}},
		{"gate", {AET_EVENT_UNDONE}},
		{"decide", {AET_EVENT_DECIDED, AET_EVENT_UNDONE}},
		{"dump", {AET_EVENT_FAILED}},
		{"dump_busy", {AET_EVENT_FAILED}},
		{"load", {AET_EVENT_FAILED}},
		{"echo", {AET_EVENT_FAILED}},
		{"start", {AET_EVENT_SERVING_LOST}},
		{"start_new", {AET_EVENT_SERVING_LOST}},
		{"start_next", {AET_EVENT_SERVING_LOST}},
	};
	std::set<std::string> seen;

	for (int i = 0; i < kCount; i++) {
		auto events = posts.find(kNames[i].action);

		if (IsInstant(kRows[i].next) && kRows[i].next != AET_SWAP_FINISH) {
			EXPECT_NE(events, posts.end()) << "waits for ever: " << kRows[i].text;
		}
		if (events == posts.end())
			continue;
		seen.insert(events->first);
		for (aet_swap_event event : events->second)
			EXPECT_TRUE(IsAnswered(kRows[i].next, event))
				<< kEvents[event] << " after " << kRows[i].text;
	}
	EXPECT_EQ(seen.size(), posts.size()) << "an action of that name is in no row";
}

} // namespace
