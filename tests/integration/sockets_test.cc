// What a swap must not change about listeners and workers: names, ports, modes, descriptors.
// inherit_test.cc has what a new process gets.

#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <regex>
#include <sys/stat.h>

#include "service.h"

namespace aet
{

static void SwapTo(Service *service, int number)
{
	service->SetVersion(number);
	Output reload = service->Reload();
	ASSERT_EQ(reload.code, 0) << reload.err << service->log();
}

static ino_t InodeOf(const std::string &path)
{
	struct stat st = {};

	return stat(path.c_str(), &st) ? 0 : st.st_ino;
}

static bool Answers(const Service &service, const std::string &version)
{
	return service.Get().compare(0, version.size() + 1, version + " ") == 0;
}

// Both generations unlink the path: the new one before its bind(), the old one when it ends.
TEST(SocketsTest, UnixPathSurvivesUnlink)
{
	for (const char *name : {"unix_c", "unix_python"}) {
		Service service(ProgramNamed(name));
		std::string path = service.directory() + "/sock";

		SCOPED_TRACE(name);
		service.Start();
		ino_t inode = InodeOf(path);
		EXPECT_NE(inode, 0u);
		for (int number = 2; number <= 4; number++) {
			SwapTo(&service, number);
			EXPECT_TRUE(
				Eventually([&] { return service.Status()["draining"].empty(); }));
			EXPECT_EQ(InodeOf(path), inode);
			EXPECT_TRUE(Answers(service, service.Version()));
		}
		EXPECT_GE(service.Stop(), 0);
		EXPECT_EQ(InodeOf(path), 0u) << "the file outlives the service";
	}
}

TEST(SocketsTest, AnyPortKeepsItsPort)
{
	Program program = {
		"port0", {"/usr/bin/python3", "{T}/port0.py", "{D}/port"}, {}, {}, false};
	Service service(program);
	std::string first;

	service.Start();
	first = ReadFile(service.directory() + "/port");
	EXPECT_NE(first, "");
	for (int number = 2; number <= 4; number++) {
		std::string url = "http://127.0.0.1:" + first.substr(0, first.find('\n'));

		SwapTo(&service, number);
		EXPECT_EQ(ReadFile(service.directory() + "/port"), first);
		EXPECT_TRUE(std::regex_match(
			Get(url), std::regex(service.Version() + " [0-9]+ " + first)))
			<< Get(url);
	}
	EXPECT_EQ(service.Status()["listeners"].size(), 1u);
}

// The open file description is shared by all generations, and O_NONBLOCK belongs to it.
TEST(SocketsTest, NonBlockingModeDoesNotLeak)
{
	Program program = {"any", {"sh", "-c", "exec $(cat {D}/command)"},
		{"http://127.0.0.1:{P}/"}, {}, false};
	Service service(program);
	const char *const commands[] = {"/usr/bin/python3 tests/programs/fd3.py",
		"build/programs/threaded", "build/programs/epoll", "build/programs/prefork",
		"build/programs/threaded-musl", "/usr/bin/python3 tests/programs/http_server.py",
		"build/programs/threaded"};
	std::string here = Launcher();
	int number = 1;

	here.resize(here.rfind("bin/"));
	auto use = [&](const std::string &command) {
		size_t tests = command.find("tests/");

		WriteFile(service.directory() + "/command",
			tests == std::string::npos ? here + command
						   : std::string(command).insert(tests, here));
	};
	use("build/programs/epoll");
	service.Start();
	Load load(service.urls());
	ASSERT_TRUE(load.established());
	for (const char *command : commands) {
		SCOPED_TRACE(command);
		use(command);
		SwapTo(&service, ++number);
		ASSERT_TRUE(load.SawVersion(service.Version()));
	}
	// A blocking server that was made non-blocking would spin in accept().
	pid_t pid = service.ProgramPid();
	std::string wchan = "/proc/" + std::to_string(pid) + "/wchan";
	nlohmann::json report = load.Finish();
	EXPECT_EQ(report["new"]["failed"], 0) << Failures(report) << service.log();
	EXPECT_TRUE(Eventually([&] { return StateOf(pid) == 'S'; }, Milliseconds(2000)))
		<< StateOf(pid) << ReadFile(wchan);
}

// `ls -l /proc/self/fd` without what differs from run to run: times, numbers of sockets and pipes,
// processes.
static std::string Descriptors(const std::string &listing)
{
	std::string text;
	std::smatch match;
	std::string rest = listing;

	while (std::regex_search(rest, match, std::regex("([0-9]+) -> ([^\n]*)"))) {
		text += match[1].str() + " " +
			std::regex_replace(match[2].str(), std::regex("[0-9]+"), "N") + "\n";
		rest = match.suffix();
	}
	return text;
}

TEST(SocketsTest, HelpersSeeTheSameDescriptors)
{
	Service service(ProgramNamed("helper_spawner"));
	TemporaryDirectory directory;
	WriteFile(directory.path() + "/version", "v1\n");
	int port = FreePort();
	std::string url = "http://127.0.0.1:" + std::to_string(port);
	Process alone({"/usr/bin/python3", "tests/programs/helper_spawner.py"},
		{{"PORT=" + std::to_string(port), "VERSION_FILE=" + directory.path() + "/version",
			 "PYTHONDONTWRITEBYTECODE=1"},
			"",
			open((directory.path() + "/log").c_str(),
				O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0644),
			open((directory.path() + "/log").c_str(),
				O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0644)});
	std::regex path("/tmp/aeterna-test-[^/]*");

	ASSERT_TRUE(Eventually([&] { return Get(url) != ""; }));
	service.Start();
	for (int number = 2; number <= 4; number++) {
		for (const char *what : {"/fds", "/close_fds=0"}) {
			std::string without =
				std::regex_replace(Descriptors(Get(url, what)), path, "");
			std::string with =
				std::regex_replace(Descriptors(service.Get(what)), path, "");

			EXPECT_NE(with, "");
			EXPECT_EQ(with, without) << what << " of " << service.Version();
		}
		SwapTo(&service, number);
	}
}

TEST(SocketsTest, PreforkWorkersKilledInTheMiddleOfASwap)
{
	Service service(ProgramNamed("prefork"));

	service.Start();
	/* A program with a backlog of 5 drops connections by itself when a hundred come at once. */
	Load load(service.urls(), {"--ramp", "1s"});
	ASSERT_TRUE(load.established());
	for (int number = 2; number <= 4; number++) {
		pid_t parent = service.ProgramPid();

		service.SetVersion(number);
		service.SetFault("slow_start:0.3");
		Process reload = service.ReloadMeanwhile();
		ASSERT_TRUE(service.WaitForState("swapping"));
		std::vector<pid_t> workers = ChildrenOf(parent);
		ASSERT_EQ(workers.size(), 8u);
		for (size_t i = 0; i < 3; i++)
			kill(workers[i], SIGKILL);
		EXPECT_EQ(reload.Wait(), 0) << service.log();
		EXPECT_TRUE(load.SawVersion(service.Version()));
		EXPECT_EQ(ChildrenOf(service.ProgramPid()).size(), 8u);
	}
	nlohmann::json report = load.Finish();

	// A killed worker takes with it at most the one connection that it serves.
	EXPECT_LE(report["new"]["failed"], 9) << Failures(report);
	EXPECT_EQ(report["new"]["failed"],
		report["new"]["eof"].get<int>() + report["new"]["reset"].get<int>())
		<< Failures(report);
}

// The parent's workers are replaced just before and after the moment of commit, too.
TEST(SocketsTest, PreforkWorkersOfTheNewGenerationKilled)
{
	Service service(ProgramNamed("prefork"));

	service.Start();
	/* A program with a backlog of 5 drops connections by itself when a hundred come at once. */
	Load load(service.urls(), {"--ramp", "1s"});
	ASSERT_TRUE(load.established());
	SwapTo(&service, 2);
	for (pid_t worker : ChildrenOf(service.ProgramPid()))
		kill(worker, SIGKILL);
	EXPECT_TRUE(load.SawVersion("v2"));
	EXPECT_TRUE(Eventually([&] { return Answers(service, "v2"); }));
	SwapTo(&service, 3);
	EXPECT_TRUE(load.SawVersion("v3"));
	nlohmann::json report = load.Finish();
	EXPECT_LE(report["new"]["failed"], 8) << Failures(report);
	EXPECT_EQ(report["new"]["refused"], 0) << Failures(report);
	EXPECT_EQ(report["new"]["late"], 0) << Failures(report);
}

} // namespace aet
