// A new version that is killed, at whichever step of the swap, costs no keep-alive client its
// connection until it has accepted it. rollback_test.cc has versions that fail by themselves.

#include "rollback_killed.h"

#include <iostream>

namespace aet
{

static const Undone kUndone[] = {
	{"epoll", 10, 60, "100ms", "200ms", 100, Milliseconds(0)},
	{"threaded", 10, 60, "100ms", "200ms", 100, Milliseconds(0)},
	{"asyncio", 3, 60, "100ms", "200ms", 100, Milliseconds(0)},
};
constexpr int kDeaths = 3;

TEST_P(RollbackKilledTest, KilledWhileItBoots)
{
	KillWhileItBoots();
	ExpectLastGood();
	ExpectNothingLost();
}

TEST_P(RollbackKilledTest, KilledWhenItHasAdopted)
{
	KillWhenItHasAdopted();
	ExpectLastGood();
	ExpectNothingLost();
}

TEST_P(RollbackKilledTest, KilledAtTheGate)
{
	KillAtTheGate();
	ExpectLastGood();
	ExpectNothingLost();
}

TEST_P(RollbackKilledTest, KilledBeforeItAccepts)
{
	KillBeforeItAccepts();
	ExpectLastGood();
	ExpectNothingLost();
}

// A process that dies takes what it had accepted and what rested in it; nobody else's request
// fails, and nobody waits for an answer that does not come.
TEST_P(RollbackKilledTest, KilledAfterItAccepted)
{
	KillAfterItAccepted(kDeaths);
	ExpectLastGood();
	nlohmann::json report = load_->Finish();
	const nlohmann::json &kept = report["keepalive"];
	EXPECT_EQ(report["failed"],
		report["new"]["eof"].get<int>() + report["new"]["reset"].get<int>() +
			kept["eof"].get<int>() + kept["reset"].get<int>())
		<< Failures(report) << service_->log();
	EXPECT_LE(kept["opened"], GetParam().clients * (1 + kDeaths));
	EXPECT_LE(report["new"]["failed"], kDeaths * 3) << Failures(report);
	std::cout << GetParam().program << ": reopened " << report["keepalive_reopened"]
		  << ", failed " << report["failed"] << " in " << kDeaths << " deaths\n";
}

INSTANTIATE_TEST_SUITE_P(Programs, RollbackKilledTest, testing::ValuesIn(kUndone), UndoneName);

} // namespace aet
