// Which connections keep the old generation alive: those it accepted, and no others. Once with the
// right to look into the program's processes, once without (a container, a program that has become
// another user): there, connections that the new generation accepts in its very first milliseconds
// cannot be told apart, and are not asked about. Several old generations:
// drain_generations_test.cc.

#include <gtest/gtest.h>

#include <linux/capability.h>
#include <sys/prctl.h>

#include "service.h"

namespace aet
{

static int Draining(const Service &service)
{
	nlohmann::json status = service.Status();

	if (!status.is_object() || status["draining"].empty())
		return -1;
	return status["draining"][0]["connections"].get<int>();
}

static void OldConnectionsAlone(bool from_the_first_moment)
{
	Service service(ProgramNamed("nginx"),
		{"service.ready_after: 500ms", "handoff.connections: drain"});
	std::vector<std::unique_ptr<Connection>> old;
	std::vector<std::unique_ptr<Connection>> later;

	service.Start();
	for (int i = 0; i < 5; i++) {
		old.push_back(std::make_unique<Connection>(service.urls()[0]));
		old.back()->Ask();
		ASSERT_EQ(old.back()->Answer().substr(0, 3), "v1 ");
	}
	service.SetVersion(2);
	Process reload = service.ReloadMeanwhile();
	if (!from_the_first_moment) {
		ASSERT_EQ(reload.Wait(), 0);
	}
	do {
		later.push_back(std::make_unique<Connection>(service.urls()[0]));
		later.back()->Ask();
		if (later.back()->Answer().substr(0, 3) == "v1 ")
			later.pop_back();
	} while (!reload.Ended());
	ASSERT_GT(later.size(), 0u);
	EXPECT_TRUE(Eventually([&] { return Draining(service) == 5; })) << service.log();
	old.pop_back();
	EXPECT_TRUE(Eventually([&] { return Draining(service) == 4; })) << service.log();
	old.clear();
	// Long before drain_timeout, and although the later connections are still there.
	EXPECT_TRUE(Eventually([&] { return Draining(service) == -1; }, Milliseconds(10000)))
		<< service.log();
	later.back()->Ask();
	EXPECT_EQ(later.back()->Answer().substr(0, 3), "v2 ");
}

TEST(DrainConnectionsTest, OldConnectionsAlone)
{
	OldConnectionsAlone(true);
}

// In this order: what is dropped from the bounding set does not come back.
TEST(DrainConnectionsTest, OldConnectionsAloneWithoutTheRightToLook)
{
	ASSERT_EQ(prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE), 0) << "run as root";
	OldConnectionsAlone(false);
}

} // namespace aet
