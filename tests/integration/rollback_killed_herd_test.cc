// rollback_killed_test.cc under the load the project promises: 2,000 keep-alive clients and 300
// new connections a second. `make test-connections`.

#include "rollback_killed.h"

namespace aet
{

static const Undone kUndone[] = {
	{"epoll", 10, 2000, "2s", "5s", 300, Milliseconds(500)},
	{"asyncio", 10, 2000, "2s", "5s", 300, Milliseconds(500)},
	{"node_http", 10, 2000, "2s", "5s", 300, Milliseconds(500)},
};

TEST_P(RollbackKilledTest, KilledWhileItBoots)
{
	KillWhileItBoots();
	ExpectNothingLost();
}

TEST_P(RollbackKilledTest, KilledWhenItHasAdopted)
{
	KillWhenItHasAdopted();
	ExpectNothingLost();
}

TEST_P(RollbackKilledTest, KilledAtTheGate)
{
	KillAtTheGate();
	ExpectNothingLost();
}

TEST_P(RollbackKilledTest, KilledBeforeItAccepts)
{
	KillBeforeItAccepts();
	ExpectNothingLost();
}

INSTANTIATE_TEST_SUITE_P(Herds, RollbackKilledTest, testing::ValuesIn(kUndone), UndoneName);

} // namespace aet
