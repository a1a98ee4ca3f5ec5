// Ways of making a listening socket that programs have: bound to try it, bound by one process and listened
// to by another, registered before it is bound, several for one address, passed by a service manager.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <sstream>
#include <sys/stat.h>

#include "steps_service.h"

namespace aet
{

static const char kHttp[] = "http://127.0.0.1:{P}/";

// Of the kernel's at 127.0.0.1, whoever has them.
static int ListenersAt(int port)
{
	std::istringstream lines(ReadFile("/proc/net/tcp"));
	std::string line;
	char local[40];
	int count = 0;

	(void)snprintf(local, sizeof(local), "0100007F:%04X 00000000:0000 0A", port);
	while (std::getline(lines, line))
		count += line.find(local) != std::string::npos;
	return count;
}

// --- several sockets of one address ---

static Program Group(const std::string &probe = "")
{
	Program program = {"reuseport", {"{B}/reuseport"}, {kHttp}, {"WORKERS=2"}, false};

	if (!probe.empty())
		program.env.push_back("PROBE=" + probe);
	return program;
}

static void SetWorkers(const Service &service, int count)
{
	WriteFile(service.directory() + "/workers", std::to_string(count) + "\n");
}

// A parent binds to see whether it can, and leaves listening to its workers.
TEST(SocketWaysTest, AParentThatBindsAndNeverListens)
{
	for (const char *probe : {"closed", "open"}) {
		SCOPED_TRACE(probe);
		Service service(Group(probe), {"service.start_timeout: 5s"});
		service.Start();
		Load load(service.urls(), {"--ramp", "1s"});
		ASSERT_TRUE(load.established());
		for (int number = 2; number <= 3; number++) {
			SwapTo(&service, number);
			EXPECT_TRUE(load.SawVersion(service.Version()));
			EXPECT_EQ(service.Status()["listeners"].size(), 2u);
			EXPECT_EQ(ListenersAt(service.port()), 2);
		}
		nlohmann::json report = load.Finish();
		EXPECT_EQ(report["new"]["failed"], 0) << Failures(report) << service.log();
	}
}

// What a candidate has more of would get connections before the commit, and reset them at an undo.
TEST(SocketWaysTest, AGroupThatGrowsOpensNothingBeforeTheCommit)
{
	Service service(Group(), {"service.start_timeout: 2s"});

	service.Start();
	Load load(service.urls(), {"--ramp", "1s"});
	ASSERT_TRUE(load.established());
	// Four workers, and no READY=1: it is undone with all of them bound.
	SetWorkers(service, 4);
	service.SetVersion(2);
	service.WriteConfiguration({"service.start_timeout: 2s", "service.ready: notify"});
	Process reload = service.ReloadMeanwhile();
	int most = 0;
	while (!reload.Ended())
		most = std::max(most, ListenersAt(service.port()));
	EXPECT_EQ(reload.Wait(), 1);
	EXPECT_EQ(most, 2) << "of the serving version's";
	service.WriteConfiguration({"service.start_timeout: 2s"});
	SwapTo(&service, 3);
	EXPECT_TRUE(load.SawVersion("v3"));
	EXPECT_EQ(ChildrenOf(service.ProgramPid()).size(), 4u);
	nlohmann::json report = load.Finish();
	EXPECT_EQ(report["new"]["failed"], 0) << Failures(report) << service.log();
}

static bool StartWithFour(Service *service)
{
	SetWorkers(*service, 4);
	service->Start();
	return Eventually([&] { return service->Status()["listeners"].size() == 4; });
}

// Nobody accepts any more on what the new version leaves: it is emptied first, and closed at the end.
TEST(SocketWaysTest, AGroupThatShrinks)
{
	Service service(Group(), {"handoff.drain_timeout: 1s", "service.start_timeout: 5s"});

	ASSERT_TRUE(StartWithFour(&service));
	Load load(service.urls(), {"--ramp", "1s"});
	ASSERT_TRUE(load.established());
	SetWorkers(service, 2);
	service.SetVersion(2);
	service.SetFault("exit1");
	EXPECT_EQ(service.Reload().code, 1);
	service.SetFault("ok");
	SwapTo(&service, 2);
	EXPECT_TRUE(load.SawVersion("v2"));
	EXPECT_TRUE(Eventually([&] { return service.Status()["listeners"].size() == 2; }))
		<< service.log();
	EXPECT_EQ(ListenersAt(service.port()), 2);
	SetWorkers(service, 3); // and to each of them again
	SwapTo(&service, 3);
	EXPECT_TRUE(load.SawVersion("v3"));
	nlohmann::json report = load.Finish();
	EXPECT_EQ(report["new"]["failed"], 0) << Failures(report) << service.log();
}

// A new version that dies soon after the commit: the old one has its four sockets again.
TEST(SocketWaysTest, AGroupThatShrankIsWholeAgainWhenTheNewVersionDies)
{
	Service service(Group(), {"service.start_timeout: 5s", "service.ready_after: 20s"});

	ASSERT_TRUE(StartWithFour(&service));
	SetWorkers(service, 1);
	SwapTo(&service, 2);
	EXPECT_EQ(service.Status()["listeners"].size(), 4u);
	kill(service.ProgramPid(), SIGKILL);
	ASSERT_TRUE(Eventually([&] { return Starts(service) == "v1"; })) << service.log();
	std::vector<std::string> seen;
	EXPECT_TRUE(Eventually([&] {
		seen.push_back(service.Get());
		std::sort(seen.begin(), seen.end());
		seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
		return seen.size() == 4;
	})) << "not every worker gets connections: "
	    << seen.size();
}

// --- one process binds, another listens ---

TEST(SocketWaysTest, AMasterBindsAndAnExecutedWorkerListens)
{
	const std::string unix_url = "unix://{D}/sock";
	const Program programs[] = {
		{"exec_worker", {"/usr/bin/python3", "{T}/exec_worker.py", "{D}/sock"}, {unix_url},
			{}, false},
		{"uvicorn_uds",
			{"{V}/python", "-m", "uvicorn", "--app-dir", "{T}", "--uds", "{D}/sock",
				"--workers", "2", "--no-access-log", "uvicorn_app:app"},
			{unix_url}, {}, false},
	};

	for (const Program &program : programs) {
		SCOPED_TRACE(program.name);
		Service service(program, {"service.ready_after: 100ms"});
		service.Start();
		Load load(service.urls(), {"--ramp", "1s"});
		ASSERT_TRUE(load.established());
		for (int number = 2; number <= 3; number++) {
			SwapTo(&service, number);
			EXPECT_TRUE(load.SawVersion(service.Version()));
		}
		nlohmann::json report = load.Finish();
		EXPECT_EQ(report["new"]["failed"], 0) << Failures(report) << service.log();
		// After a crash it binds anew.
		ASSERT_TRUE(Eventually([&] { return service.Status()["draining"].empty(); }));
		kill(service.ProgramPid(), SIGKILL);
		EXPECT_TRUE(Eventually([&] { return service.Status()["generation"] == 4; }));
		EXPECT_EQ(Starts(service), "v3") << service.log();
	}
}

// --- registered before it is bound ---

TEST(SocketWaysTest, RegisteredInAnEpollBeforeTheBind)
{
	Service service({"epoll", {"{B}/epoll"}, {kHttp}, {"EARLY=1"}, false},
		{"service.ready_after: 100ms"});

	service.Start();
	Load load(service.urls());
	ASSERT_TRUE(load.established());
	for (int number = 2; number <= 4; number++) {
		SwapTo(&service, number);
		EXPECT_TRUE(load.SawVersion(service.Version()));
	}
	ASSERT_TRUE(Eventually([&] { return service.Status()["draining"].empty(); }));
	kill(service.ProgramPid(), SIGKILL);
	EXPECT_TRUE(Eventually([&] { return service.Status()["generation"] == 5; }));
	EXPECT_EQ(Starts(service), "v4");
	nlohmann::json report = load.Finish();
	EXPECT_EQ(report["new"]["late"], 0) << Failures(report);
	EXPECT_EQ(report["new"]["refused"], 0) << Failures(report) << service.log();
}

// --- a program that executes itself ---

TEST(SocketWaysTest, AProgramThatExecutesItselfIsTheSameGeneration)
{
	Service service({"again", {"/usr/bin/python3", "{T}/again.py"}, {kHttp}, {}, false});
	std::string starts = service.directory() + "/starts";
	std::string expected;

	service.Start();
	for (int number = 1; number <= 6; number++) {
		pid_t pid = service.ProgramPid();

		expected += service.Version() + "\n";
		ASSERT_TRUE(Eventually([&] { return ReadFile(starts) == expected; }));
		EXPECT_EQ(kill(pid, SIGUSR1), 0);
		expected += service.Version() + "\n";
		ASSERT_TRUE(Eventually([&] { return ReadFile(starts) == expected; }))
			<< service.log();
		EXPECT_EQ(service.Get(), service.Version() + " " + std::to_string(pid) + "\n");
		EXPECT_EQ(service.Status()["generation"], number);
		if (number < 6) // at once after a commit, when it is told of much
			SwapTo(&service, number + 1);
	}
}

// --- what is no wish for a listener ---

// A start script runs helpers that look which descriptors are open; the version behind it is bad.
TEST(SocketWaysTest, AGlanceIsNoWish)
{
	Service service(kSteps, {"service.start_timeout: 1s"});

	service.SetSteps("open:0");
	service.Start();
	service.SetVersion(2);
	service.SetSteps("glance hang");
	EXPECT_EQ(service.Reload().code, 1);
	EXPECT_EQ(service.StatusText("reason"), "never_bound") << service.log();
	EXPECT_EQ(Starts(service), "v1");
}

TEST(SocketWaysTest, TheWishOfAProcessThatHasEndedIsVoid)
{
	Service service(kSteps, {"service.start_timeout: 1s"});

	service.SetSteps("open:0 open:1");
	service.Start();
	service.SetVersion(2);
	service.SetSteps("brief:3 open:1");
	EXPECT_EQ(service.Reload().code, 1);
	EXPECT_EQ(service.StatusText("reason"), "listener_missing") << service.log();
	EXPECT_EQ(Starts(service), "v1");
	service.SetSteps("brief:3 open:1 open:0");
	SwapTo(&service, 3);
}

// --- sockets of a service manager ---

TEST(SocketWaysTest, SocketsOfTheServiceManagerAreServed)
{
	Service service(kSteps, {"handoff.drain_timeout: 1s"});
	std::string path = service.directory() + "/sock";

	service.ActivateBy({"/usr/bin/python3",
		Launcher().substr(0, Launcher().rfind("bin/")) + "tests/programs/activate.py",
		"{P}", "{D}/sock"});
	service.SetSteps("fd:3 fd:4");
	service.Start();
	for (int number = 1; number <= 3; number++) {
		std::string environ = "/proc/" + std::to_string(service.ProgramPid()) + "/environ";

		EXPECT_EQ(Starts(service), service.Version());
		EXPECT_EQ(Get(service.Fill("unix://{D}/sock")).compare(0, 2, service.Version()), 0);
		EXPECT_NE(ReadFile(environ).find("LISTEN_FDNAMES=web:local"), std::string::npos);
		if (number == 2) // the next one binds for itself
			service.SetSteps("open:0 fd:4");
		if (number < 3)
			SwapTo(&service, number + 1);
	}
	EXPECT_GE(service.Stop(), 0);
	struct stat status = {};
	EXPECT_EQ(stat(path.c_str(), &status), 0) << "the file is the service manager's";
}

// --- past the library ---

// A ring takes connections whatever is at its number: it could not be gated.
TEST(SocketWaysTest, AProgramThatAcceptsByARingIsNotSwapped)
{
	Service service({"uring", {"{B}/uring"}, {kHttp}, {}, false}, {"service.ready: listen"});

	service.Start();
	EXPECT_EQ(Starts(service), "v1");
	service.SetVersion(2);
	Output reload = service.Reload();
	EXPECT_EQ(reload.code, 1);
	EXPECT_NE(reload.err.find("io_uring"), std::string::npos) << reload.err;
	EXPECT_EQ(Starts(service), "v1");
	EXPECT_TRUE(Eventually([&] {
		return service.log().find("io_uring, past the library") != std::string::npos;
	}));
}

// Nothing of it is kept, so the launcher could only start a second one beside it.
TEST(SocketWaysTest, AListenerWithoutTheLibraryIsNamed)
{
	Service service({"bare",
		{"/usr/bin/python3", "-c",
			"import os, subprocess, sys; subprocess.run(sys.argv[1:], env={'PORT': "
			"os.environ['PORT'], 'VERSION_FILE': os.environ['VERSION_FILE']})",
			"{B}/threaded"},
		{kHttp}, {}, false});

	service.Launch();
	ASSERT_TRUE(Eventually([&] { return Starts(service) == "v1"; })) << service.log();
	service.SetVersion(2);
	Output reload = service.Reload();
	EXPECT_EQ(reload.code, 1);
	EXPECT_NE(reload.err.find("not_interposable"), std::string::npos) << reload.err;
	EXPECT_NE(reload.err.find(service.Fill("(threaded) listens on tcp://127.0.0.1:{P} ")),
		std::string::npos)
		<< reload.err;
	EXPECT_EQ(Starts(service), "v1");
	EXPECT_TRUE(Eventually(
		[&] { return service.log().find("without the library") != std::string::npos; }));
}

} // namespace aet
