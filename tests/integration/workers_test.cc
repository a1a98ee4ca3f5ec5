// Programs that start workers at any time: one that was forked in the middle of a swap takes part in it
// like those before it.

#include <gtest/gtest.h>

#include <csignal>
#include <sys/syscall.h>

#include "service.h"

namespace aet
{

static bool IsInAccept(pid_t pid)
{
	long number = atol(ReadFile("/proc/" + std::to_string(pid) + "/syscall").c_str());

	return number == SYS_accept || number == SYS_accept4;
}

TEST(WorkersTest, OneIsForkedWhileTheGateIsShut)
{
	Program program = {
		"prefork", {"{B}/prefork"}, {"http://127.0.0.1:{P}/"}, {"WORKERS=2"}, false};
	Service service(program, {"service.ready_after: 100ms", "handoff.timeout: 10s"});

	service.Start();
	pid_t parent = service.ProgramPid();
	ASSERT_TRUE(Eventually([&] { return ChildrenOf(parent).size() == 2; }));
	pid_t stopped = ChildrenOf(parent)[0];
	EXPECT_EQ(kill(stopped, SIGSTOP), 0); // it cannot gate, so the gate stays shut
	service.SetVersion(2);
	Process reload = service.ReloadMeanwhile();
	ASSERT_TRUE(Eventually([&] { return GateIsShut(service.launcher().pid()); }));
	EXPECT_EQ(kill(parent, SIGHUP), 0);
	EXPECT_TRUE(Eventually([&] {
		std::vector<pid_t> workers = ChildrenOf(parent);

		return workers.size() == 3 && IsInAccept(workers[2]);
	}));
	EXPECT_EQ(kill(stopped, SIGCONT), 0);
	EXPECT_EQ(reload.Wait(), 0) << service.log();
	EXPECT_EQ(service.StatusText("result"), "committed");
	EXPECT_EQ(service.Get().compare(0, 3, "v2 "), 0);
	EXPECT_GE(service.Stop(), 0);
}

} // namespace aet
