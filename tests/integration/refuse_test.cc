// Programs that cannot be interposed are recognised before they start, by check, by a start and by a
// swap alike, and the message says what to do.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "service.h"

namespace aet
{

// How to make one, in the directory {X}; what is said of it.
struct Odd {
	const char *name;
	const char *make;
	int check; // exit codes
	int start;
	const char *reason;
	std::vector<const char *> says;
};

static const Odd kOdds[] = {
	{"static_c", "cp {B}/threaded-static {X}/program", 1, 126, "not_interposable",
		{"statically", "link it dynamically", "service.listen"}},
	{"static_go", "cp {B}/go_server {X}/program", 1, 126, "not_interposable",
		{"Go program", "service.listen"}},
	{"setuid", "cp /bin/true {X}/program && chmod u+s {X}/program", 1, 126, "not_interposable",
		{"setuid", "chmod u-s"}},
	{"setgid", "cp /bin/true {X}/program && chmod g+s {X}/program", 1, 126, "not_interposable",
		{"setgid", "chmod g-s"}},
	{"setcap", "cp /bin/true {X}/program && setcap cap_net_bind_service=ep {X}/program", 1, 126,
		"not_interposable", {"capabilities", "setcap -r"}},
	{"script_for_setuid",
		"cp /bin/true {X}/it && chmod u+s {X}/it && "
		"printf '#!{X}/it\\n' >{X}/program && chmod +x {X}/program",
		1, 126, "not_interposable", {"setuid", "chmod u-s"}},
	{"wrong_architecture", // e_machine, at 18, of an ARM
		"cp {B}/epoll {X}/program && "
		"printf '\\267\\000' | dd of={X}/program bs=1 seek=18 conv=notrunc 2>{X}/dd",
		126, 126, "not_executable", {"aarch64", "x86-64"}},
	{"missing_interpreter", "printf '#!/nonexistent\\n' >{X}/program && chmod +x {X}/program",
		126, 126, "not_executable", {"script for '/nonexistent'", "not there"}},
	{"missing_loader",
		"sed s,/lib64/ld-linux-x86-64,/lib64/no-linux-x86-64, {B}/epoll >{X}/program && "
		"chmod +x {X}/program",
		126, 126, "not_executable", {"/lib64/no-linux-x86-64.so.2", "not there"}},
	{"cut_short", "head -c 40 {B}/epoll >{X}/program && chmod +x {X}/program", 126, 126,
		"not_executable", {"broken program"}},
	{"not_there", "true", 127, 127, "not_found", {"not there"}},
};

class RefuseTest : public testing::TestWithParam<Odd>
{
      protected:
	std::string Make(const Service &service)
	{
		std::string make = service.Fill(GetParam().make);

		for (size_t at; (at = make.find("{X}")) != std::string::npos;)
			make.replace(at, 3, odd_.path());
		EXPECT_EQ(aet::Run({"sh", "-c", make}).code, 0) << make;
		return odd_.path() + "/program";
	}
	void ExpectSaid(const std::string &text)
	{
		for (const char *says : GetParam().says)
			EXPECT_NE(text.find(says), std::string::npos) << says << ":\n" << text;
	}

	TemporaryDirectory odd_;
};

TEST_P(RefuseTest, ByCheckByStartAndBySwap)
{
	Service service(ProgramNamed("epoll"));
	std::string program = Make(service);

	Output check = aet::Run({Launcher(), "check", "--", program});
	EXPECT_EQ(check.code, GetParam().check) << check.out;
	EXPECT_EQ(std::count(check.err.begin(), check.err.end(), '\n'), 1) << check.err;
	ExpectSaid(check.err);

	Output start = aet::Run({Launcher(), "--", program});
	EXPECT_EQ(start.code, GetParam().start);
	ExpectSaid(start.err);

	service.Start();
	pid_t old = service.ProgramPid();
	std::string good = ReadFile(service.configuration());
	WriteFile(service.configuration(), "service:\n  command: [\"" + program + "\"]\n");
	Output reload = service.Reload();
	EXPECT_EQ(reload.code, 1);
	ExpectSaid(reload.err);
	EXPECT_EQ(service.StatusText("reason"), GetParam().reason);
	EXPECT_EQ(service.ProgramPid(), old);
	EXPECT_EQ(service.Get(), "v1 " + std::to_string(old) + "\n");
	WriteFile(service.configuration(), good);
	EXPECT_EQ(service.Reload().code, 0) << service.log();
}

static std::string Name(const testing::TestParamInfo<Odd> &info)
{
	return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Programs, RefuseTest, testing::ValuesIn(kOdds), Name);

// --- what can be seen only when it runs ---

static const Program kSteps = {"steps", {"{B}/steps"}, {"http://127.0.0.1:{P}/"}, {}, false};

static void ExpectUndone(Service *service, const std::string &steps, const std::string &reason,
	const std::string &says)
{
	std::string before = service->Get();

	service->SetSteps(steps);
	Output reload = service->Reload();
	EXPECT_EQ(reload.code, 1) << service->log();
	EXPECT_EQ(service->StatusText("reason"), reason) << service->log();
	EXPECT_NE(reload.err.find(says), std::string::npos) << reload.err;
	EXPECT_EQ(service->Get(), before);
}

TEST(RefuseAtRunTimeTest, VersionThatGoesUnderSeccomp)
{
	Service service(kSteps, {"service.start_timeout: 2s"});

	service.SetSteps("open:0");
	service.Start();
	ExpectUndone(&service, "sandbox open:0", "sandboxed", "seccomp");
	ExpectUndone(&service, "open:0 sandbox", "sandboxed", "seccomp");
	service.SetSteps("open:0");
	EXPECT_EQ(service.Reload().code, 0) << service.log();
}

// One that did it before it was ever swapped: told at once, and nothing is started.
TEST(RefuseAtRunTimeTest, SandboxedServiceIsNotSwapped)
{
	Service service(kSteps);

	service.SetSteps("open:0 sandbox");
	service.Start();
	ExpectUndone(&service, "open:0", "sandboxed", "seccomp");
	EXPECT_EQ(service.Status()["generation"], 1);
}

TEST(RefuseAtRunTimeTest, ProgramThatGoesToTheBackground)
{
	Service service(kSteps, {"service.start_timeout: 2s"});

	service.SetSteps("open:0");
	service.Start();
	ExpectUndone(&service, "daemon:100 open:0", "exited", "foreground");
	ExpectUndone(&service, "open:0 daemon:100", "exited", "foreground");
	EXPECT_TRUE(Eventually([&] { return DescendantsOf(service.launcher().pid()).size() == 1; }))
		<< "a process of the undone version is left";
	service.SetSteps("open:0");
	EXPECT_EQ(service.Reload().code, 0) << service.log();
}

TEST(RefuseAtRunTimeTest, FirstStartInTheBackground)
{
	for (const char *steps : {"daemon:100 open:0", "open:0 daemon:100"}) {
		Service service(kSteps);
		Output start;

		SCOPED_TRACE(steps);
		service.SetSteps(steps);
		start = aet::Run({Launcher(), "-c", service.configuration()},
			{{"DIR=" + service.directory(), "PORT=" + std::to_string(service.port())},
				service.directory(), -1, -1});
		EXPECT_EQ(start.code, 0);
		EXPECT_NE(start.err.find("foreground"), std::string::npos) << start.err;
		EXPECT_EQ(LeftBehind({}, service.directory()), "");
	}
}

// --- Java: sockets yes, state no ---

TEST(RefuseAtRunTimeTest, JavaIsToldWhatItGets)
{
	TemporaryDirectory directory;
	std::string java = directory.path() + "/java";

	ASSERT_EQ(aet::Run({"cp", "/bin/true", java}).code, 0);
	Output check = aet::Run({Launcher(), "check", "--", java, "-jar", "x"});
	EXPECT_EQ(check.code, 0) << check.err;
	EXPECT_NE(check.out.find("Java: sockets are handed over, state is not"), std::string::npos)
		<< check.out;
}

// --- commands ---

TEST(RefuseCommandTest, AWrapperThatTakesTheEnvironmentAway)
{
	for (const std::vector<std::string> &words :
		{std::vector<std::string>{"env", "-i", "true"}, {"nice", "env", "-", "true"}}) {
		std::vector<std::string> command = {Launcher(), "--"};

		command.insert(command.end(), words.begin(), words.end());
		Output output = aet::Run(command);
		EXPECT_EQ(output.code, 126);
		EXPECT_NE(output.err.find("takes the environment away"), std::string::npos)
			<< output.err;
	}
}

// The library needs one of them. That is seen when the program listens.
TEST(RefuseCommandTest, AProgramThatHandlesEveryRealTimeSignal)
{
	Program program = {"greedy",
		{"/usr/bin/python3", "-c",
			"import runpy, signal, sys\n"
			"for number in range(signal.SIGRTMIN, signal.SIGRTMAX + 1):\n"
			"    signal.signal(number, lambda *_: None)\n"
			"sys.argv = ['{T}/http_server.py']\n"
			"sys.path.insert(0, '{T}')\n"
			"runpy.run_path('{T}/http_server.py', run_name='__main__')\n"},
		{"http://127.0.0.1:{P}/"}, {}, false};
	Service service(program);

	service.Launch();
	EXPECT_TRUE(Eventually([&] {
		return service.log().find("the program serves, but it cannot be swapped") !=
			std::string::npos;
	})) << service.log();
	EXPECT_TRUE(Eventually([&] { return service.Get().compare(0, 3, "v1 ") == 0; }));
	Output reload = service.Reload();
	EXPECT_EQ(reload.code, 1);
	EXPECT_EQ(service.StatusText("reason"), "not_interposable") << reload.err;
	EXPECT_NE(reload.err.find("leave one alone"), std::string::npos) << reload.err;
	EXPECT_EQ(service.Get().compare(0, 3, "v1 "), 0);
	service.launcher().Signal(SIGTERM);
	(void)service.launcher().Wait();
}

} // namespace aet
