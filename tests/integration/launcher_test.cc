// The launcher as its user sees it: exit codes, restart after a crash, PID 1, stop.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "service.h"

namespace aet
{

static Output Launch(const std::vector<std::string> &arguments, const std::string &directory)
{
	std::vector<std::string> command = {Launcher()};

	command.insert(command.end(), arguments.begin(), arguments.end());
	return aet::Run(command, {{}, directory, -1, -1});
}

class ExitCodeTest : public testing::Test
{
      protected:
	int Of(const std::vector<std::string> &arguments)
	{
		Output output = Launch(arguments, directory_.path());

		err_ = output.err;
		return output.code;
	}
	std::string File(const std::string &name, const std::string &text, unsigned mode = 0644)
	{
		WriteFile(directory_.path() + "/" + name, text, mode);
		return directory_.path() + "/" + name;
	}

	TemporaryDirectory directory_;
	std::string err_;
};

TEST_F(ExitCodeTest, IsTheProgramsOwn)
{
	EXPECT_EQ(Of({"--", "true"}), 0);
	EXPECT_EQ(Of({"--", "sh", "-c", "exit 7"}), 7);
	EXPECT_EQ(Of({"--", "sh", "-c", "exit 255"}), 255);
}

TEST_F(ExitCodeTest, IsTheSignalThatKilledTheProgram)
{
	EXPECT_EQ(Of({"--", "sh", "-c", "kill -KILL $$"}), 128 + SIGKILL);
	EXPECT_EQ(Of({"--", "sh", "-c", "kill -ABRT $$"}), 128 + SIGABRT);
}

TEST_F(ExitCodeTest, NotExecutable)
{
	EXPECT_EQ(Of({"--", File("plain", "text\n")}), 126) << err_;
	EXPECT_EQ(Of({"--", directory_.path()}), 126) << err_;
	EXPECT_EQ(Of({"--",
			  File("no_program",
				  "\x7f"
				  "ELF nothing",
				  0755)}),
		126)
		<< err_;
}

TEST_F(ExitCodeTest, NotFound)
{
	EXPECT_EQ(Of({"--", "/nonexistent/program"}), 127) << err_;
	EXPECT_EQ(Of({"--", "aeterna-test-no-such-command"}), 127) << err_;
}

TEST_F(ExitCodeTest, WrongUsage)
{
	EXPECT_EQ(Of({"--no-such-option"}), 64);
	EXPECT_EQ(Of({"no_such_command"}), 64);
	EXPECT_EQ(Of({"reload", "--pid"}), 64);
	EXPECT_EQ(Of({"reload", "--pid", "x"}), 64);
	EXPECT_EQ(Of({"-c"}), 64);
}

TEST_F(ExitCodeTest, BadConfiguration)
{
	EXPECT_EQ(Of({"-c", File("a.yaml", "service: {comand: [x]}\n")}), 78);
	EXPECT_NE(err_.find("a.yaml:1:"), std::string::npos) << err_;
	EXPECT_NE(err_.find("command"), std::string::npos) << err_;
	EXPECT_EQ(Of({"-c", File("b.yaml", "service:\n  command: []\n")}), 78);
	EXPECT_EQ(Of({"-c", File("c.yaml", std::string(4096, '\xff'))}), 78);
	EXPECT_EQ(Of({"-c", File("d.yaml", std::string(10 << 20, ' '))}), 78);
	EXPECT_EQ(Of({"-c", File("e.yaml", "handoff: {timeout: -5s}\n"), "--", "true"}), 78);
	EXPECT_EQ(Of({"-c", File("f.yaml", "handoff: {state: [x]}\n"), "--", "true"}), 78);
	EXPECT_EQ(Of({"-c", directory_.path(), "--", "true"}), 78);
	EXPECT_EQ(Of({"-c", "/nonexistent/aeterna.yaml", "--", "true"}), 78);
}

TEST_F(ExitCodeTest, NobodyToCommand)
{
	EXPECT_EQ(Of({"reload"}), 69);
	EXPECT_EQ(Of({"status", "--pid", std::to_string(getpid())}), 69);
	EXPECT_EQ(Of({"stop", "-c", "/nonexistent/aeterna.yaml"}), 69);
}

// --- a running service ---

TEST(LauncherTest, CrashedProgramIsRestartedAndNobodyRefused)
{
	Service service(ProgramNamed("epoll"));

	service.Start();
	Load load(service.urls());
	for (int i = 0; i < 3; i++) {
		pid_t old = service.ProgramPid();

		ASSERT_GT(old, 0);
		kill(old, SIGKILL);
		std::string body = service.Get();
		EXPECT_EQ(body.compare(0, 3, "v1 "), 0) << body;
		EXPECT_NE(atoi(body.c_str() + 3), old);
		EXPECT_TRUE(service.WaitForState("running"));
	}
	nlohmann::json report = load.Finish();

	// What the dead process had accepted went with it; nobody was turned away.
	EXPECT_EQ(report["new"]["refused"], 0) << Failures(report);
	EXPECT_EQ(report["new"]["late"], 0) << Failures(report);
	EXPECT_LE(report["new"]["failed"], 3 * 5) << Failures(report);
	EXPECT_EQ(service.Status()["swaps"]["committed"], 0);
	EXPECT_EQ(service.Status()["generation"], 4);
}

TEST(LauncherTest, ClientWaitsWhileTheProgramIsAway)
{
	Service service(ProgramNamed("epoll"));

	service.Start();
	service.SetFault("slow_start:0.5");
	kill(service.ProgramPid(), SIGKILL);
	ASSERT_TRUE(service.WaitForState("starting"));
	Connection connection(service.urls()[0]);
	EXPECT_EQ(connection.error(), 0);
	connection.Ask();
	EXPECT_EQ(connection.Answer(Milliseconds(50)), "");
	EXPECT_EQ(connection.Answer().compare(0, 3, "v1 "), 0);
}

TEST(LauncherTest, StopCommand)
{
	Service service(ProgramNamed("prefork"));

	service.Start();
	std::vector<pid_t> processes = DescendantsOf(service.launcher().pid());
	EXPECT_EQ(processes.size(), 9u);
	EXPECT_EQ(service.Command("stop").code, 0);
	EXPECT_EQ(service.launcher().Wait(), 0); // prefork ends with 0 on SIGTERM
	for (pid_t pid : processes)
		EXPECT_TRUE(!StateOf(pid) || StateOf(pid) == 'Z') << CommandOf(pid);
	EXPECT_NE(Connection(service.urls()[0]).error(), 0);
	EXPECT_EQ(service.Command("status").code, 69);
}

constexpr int kPatienceMs = 10000;

static std::string Told(int fd)
{
	char text[64];
	struct pollfd queue = {fd, POLLIN, 0};

	if (poll(&queue, 1, kPatienceMs) <= 0)
		return "nothing";
	return {text, static_cast<size_t>(std::max<ssize_t>(recv(fd, text, sizeof(text), 0), 0))};
}

// sd_notify(3): by the launcher, whose environment the program does not get.
TEST(LauncherTest, TellsTheServiceManager)
{
	TemporaryDirectory directory;
	std::string path = directory.path() + "/manager";
	sockaddr_un name = {AF_UNIX, {}};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s", path.c_str());
	ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr *>(&name), sizeof(name)), 0);
	Program program = ProgramNamed("prefork");
	program.env.push_back("NOTIFY_SOCKET=" + path);
	Service service(program);
	service.Start();
	EXPECT_EQ(Told(fd), "READY=1");
	EXPECT_EQ(ReadFile("/proc/" + std::to_string(service.ProgramPid()) + "/environ")
			  .find("NOTIFY_SOCKET"),
		std::string::npos);
	EXPECT_EQ(service.Command("stop").code, 0);
	EXPECT_EQ(Told(fd), "STOPPING=1");
	EXPECT_EQ(service.launcher().Wait(), 0);
	close(fd);
}

// proc(5) shows a process whose first thread has ended as a zombie, and its children are its own.
TEST(LauncherTest, StopsAProgramWhoseFirstThreadHasEnded)
{
	Service service({"leaderless", {"{B}/leaderless"}, {"http://127.0.0.1:{P}/"}, {}, false});

	service.Start();
	service.SetVersion(2);
	EXPECT_EQ(service.Command("reload").code, 0) << service.log();
	EXPECT_EQ(service.Get().compare(0, 3, "v2 "), 0);
	EXPECT_TRUE(service.WaitForState("running"));
	std::vector<pid_t> processes = DescendantsOf(service.launcher().pid());
	EXPECT_GE(processes.size(), 2u);
	EXPECT_EQ(service.Stop(), 128 + SIGTERM); // which looks for processes left behind
	for (pid_t pid : processes)
		EXPECT_TRUE(!StateOf(pid) || StateOf(pid) == 'Z') << CommandOf(pid);
}

TEST(LauncherTest, ForwardsSignalsAndStopsByTerm)
{
	Service service(ProgramNamed("epoll"));

	service.Start();
	EXPECT_EQ(service.Stop(), 128 + SIGTERM);

	TemporaryDirectory directory;
	std::string seen = directory.path() + "/seen";
	std::string up = directory.path() + "/up";
	Process launcher({Launcher(), "--", "sh", "-c",
				 "trap 'echo 1 >" + seen + "1' USR1; trap 'echo 2 >" + seen +
					 "2' WINCH; trap 'exit 9' TERM; echo >" + up +
					 "; while :; do sleep 0.05; done"},
		{{}, directory.path(), -1, -1});
	ASSERT_TRUE(Eventually([&] { return !ReadFile(up).empty(); }));
	launcher.Signal(SIGUSR1);
	EXPECT_TRUE(Eventually([&] { return ReadFile(seen + "1") == "1\n"; }));
	launcher.Signal(SIGWINCH);
	EXPECT_TRUE(Eventually([&] { return ReadFile(seen + "2") == "2\n"; }));
	launcher.Signal(SIGTERM);
	EXPECT_EQ(launcher.Wait(), 9);
}

TEST(LauncherTest, SeveralHupsInOneSwapMakeOneMore)
{
	Service service(ProgramNamed("epoll"));

	service.Start();
	service.SetFault("slow_start:0.4");
	service.launcher().Signal(SIGHUP);
	ASSERT_TRUE(service.WaitForState("swapping"));
	for (int i = 0; i < 5; i++)
		service.launcher().Signal(SIGHUP);
	EXPECT_TRUE(Eventually([&] { return service.Status()["swaps"]["committed"] == 2; }));
	EXPECT_TRUE(service.WaitForState("running"));
	EXPECT_EQ(service.Status()["generation"], 3);
}

// --- PID 1 of a namespace of its own ---

static std::vector<std::string> AsFirst(const std::string &script)
{
	std::vector<std::string> command = {"unshare", "--fork", "--pid", "--mount-proc",
		"--kill-child", Launcher(), "--", "sh", "-c", script};

	if (geteuid() != 0)
		command.insert(command.begin() + 1, {"--user", "--map-root-user"});
	return command;
}

TEST(FirstProcessTest, ReapsOrphansForwardsSignalsAndTellsTheExitCode)
{
	TemporaryDirectory directory;
	const std::string &dir = directory.path();
	SpawnOptions options = {{}, dir, -1, -1};
	Process unshare(AsFirst("trap 'echo 1 >" + dir +
				"/usr1' USR1; trap 'exit 5' TERM;"
				"for i in 1 2 3 4 5; do (sh -c 'echo >" +
				dir +
				"/orphan'$i &); done;"
				"echo $PPID >" +
				dir + "/up; while :; do sleep 0.05; done"),
		options);
	pid_t launcher = -1;

	ASSERT_TRUE(Eventually([&] { return !ReadFile(dir + "/up").empty(); }));
	EXPECT_EQ(ReadFile(dir + "/up"), "1\n");
	for (int i = 1; i <= 5; i++)
		EXPECT_TRUE(Eventually([&] {
			return access((dir + "/orphan" + std::to_string(i)).c_str(), F_OK) == 0;
		}));
	launcher = ChildrenOf(unshare.pid()).at(0);
	EXPECT_TRUE(Eventually([&] {
		return ChildrenOf(launcher).size() == 1 && StateOf(ChildrenOf(launcher)[0]) != 'Z';
	}));
	kill(launcher, SIGUSR1);
	EXPECT_TRUE(Eventually([&] { return ReadFile(dir + "/usr1") == "1\n"; }));
	kill(launcher, SIGTERM);
	EXPECT_EQ(unshare.Wait(), 5);
}

TEST(FirstProcessTest, TellsTheSignalThatKilledTheProgram)
{
	EXPECT_EQ(aet::Run(AsFirst("exit 3")).code, 3);
	EXPECT_EQ(aet::Run(AsFirst("kill -KILL $$")).code, 128 + SIGKILL);
}

} // namespace aet
