// Tests that misbehave, for test_runner.py: hang in every way, crash, leave processes
// behind. Only ever run by the runner with a deadline of a second or two; no part of `make test`.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <memory>
#include <thread>
#include <unistd.h>

#include "programs.h"
#include "service.h"

namespace
{

// Names that have to be in the stacks.
__attribute__((noinline)) void HangHere()
{
	for (;;)
		pause();
}

__attribute__((noinline)) void HangInAThread()
{
	HangHere();
}

void Tell(const char *what, pid_t pid)
{
	printf("%s %d\n", what, pid);
	fflush(stdout);
}

TEST(Fixture, First)
{
}

TEST(Fixture, HangsWithTwoThreads)
{
	std::thread other(HangInAThread);

	HangHere();
	other.join();
}

TEST(Fixture, HangsAndBlocksEverySignal)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, nullptr);
	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_IGN);
	HangHere();
}

// In a session of its own, so no process group leads to it; it has the test's output open.
TEST(Fixture, LeavesAChildBehind)
{
	pid_t child = fork();

	if (child == 0) {
		setsid();
		HangHere();
	}
	Tell("child", child);
}

TEST(Fixture, HangsAndItsServiceRuns)
{
	aet::Service service(aet::ProgramNamed("epoll"));

	service.Start();
	Tell("launcher", service.launcher().pid());
	Tell("program", service.ProgramPid());
	printf("directory %s\n", service.directory().c_str());
	fflush(stdout);
	HangHere();
}

TEST(Fixture, PrintsWithoutEnd)
{
	for (;;)
		printf("%4096s", "");
}

TEST(Fixture, Crashes)
{
	abort();
}

TEST(Fixture, EndsTheProcess)
{
	_exit(0);
}

TEST(Fixture, Fails)
{
	FAIL();
}

TEST(Fixture, IsSkipped)
{
	GTEST_SKIP();
}

TEST(Fixture, DISABLED_IsNeverRun)
{
}

// The names of another program's tests, and of the next one here, are not news of this run.
TEST(Fixture, PrintsOthersResults)
{
	printf("[ RUN      ] Other.Test\n[       OK ] Other.Test (0 ms)\n");
	printf("[       OK ] Fixture.Last (0 ms)\n");
	fflush(stdout);
}

TEST(Fixture, Last)
{
	if (getenv("FIXTURE_HANGS_AT_EXIT"))
		atexit(HangHere);
}

} // namespace
