// What a generation gets at its start and passes on to its helpers: descriptors, environment,
// socket options. sockets_test.cc has what a swap leaves as it was.

#include <gtest/gtest.h>

#include <csignal>
#include <regex>
#include <sys/stat.h>
#include <unistd.h>

#include "steps_service.h"

namespace aet
{

static const char kListen[] = "service.listen: [\"tcp://127.0.0.1:{P}\"]";

// "AETERNA_FDS=..." and the like of a process, without the control secret; sorted as they stand.
static std::string Variable(pid_t pid, const std::string &name)
{
	std::string environ = '\0' + ReadFile("/proc/" + std::to_string(pid) + "/environ");
	size_t at = environ.find('\0' + name + "=");

	return at == std::string::npos ? "none" : environ.c_str() + at + 1 + name.size() + 1;
}

static bool IsSocket(pid_t pid, int fd)
{
	char target[64] = "";
	std::string path = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd);

	return readlink(path.c_str(), target, sizeof(target) - 1) > 0 &&
		std::string(target).compare(0, 7, "socket:") == 0;
}

// --- FD 3 and what is said about it ---

TEST(InheritTest, EnvironmentWithServiceListen)
{
	Service service(kSteps,
		{"service.listen: [\"tcp://127.0.0.1:{P}\", \"unix://{D}/sock\"]",
			"service.ready: accept", "handoff.drain_timeout: 1s"});

	service.SetSteps("fd:3 fd:4");
	service.Start();
	for (int number = 1; number <= 3; number++) {
		pid_t pid = service.ProgramPid();

		EXPECT_EQ(Variable(pid, "AETERNA_GENERATION"), std::to_string(number));
		EXPECT_EQ(Variable(pid, "AETERNA_FDS"),
			service.Fill("3=tcp://127.0.0.1:{P},4=unix://{D}/sock"));
		EXPECT_EQ(Variable(pid, "LISTEN_FDS"), "2");
		EXPECT_EQ(atoi(Variable(pid, "LISTEN_PID").c_str()), pid);
		EXPECT_NE(Variable(pid, "LISTEN_FDNAMES").find(':'), std::string::npos);
		EXPECT_EQ(Starts(service), service.Version());
		EXPECT_EQ(Get(service.Fill("unix://{D}/sock")).compare(0, 2, service.Version()), 0);
		if (number < 3)
			SwapTo(&service, number + 1);
	}
}

// Learned from bind(): described from the second generation on, in the order of the first one.
TEST(InheritTest, EnvironmentWithoutServiceListen)
{
	Service service(kSteps, {"handoff.drain_timeout: 1s"});
	pid_t pid;

	service.SetSteps("open:1 open:0");
	service.Start();
	pid = service.ProgramPid();
	EXPECT_EQ(Variable(pid, "AETERNA_GENERATION"), "1");
	EXPECT_EQ(Variable(pid, "AETERNA_FDS"), "none");
	EXPECT_EQ(Variable(pid, "LISTEN_FDS"), "none");
	service.SetSteps("fd:4 fd:3");
	SwapTo(&service, 2);
	pid = service.ProgramPid();
	EXPECT_EQ(Variable(pid, "AETERNA_GENERATION"), "2");
	EXPECT_EQ(Variable(pid, "AETERNA_FDS"),
		service.Fill("3=tcp://127.0.0.1:{P1},4=tcp://127.0.0.1:{P}"));
	EXPECT_EQ(Variable(pid, "LISTEN_FDS"), "none");
	service.SetSteps("open:0 open:1"); // and back to a version that binds
	SwapTo(&service, 3);
	EXPECT_EQ(Get(service.Fill("http://127.0.0.1:{P1}")).compare(0, 3, "v3 "), 0);
}

// A program that binds for itself has no use for FD 3: closed at release, the numbers are free.
TEST(InheritTest, UnusedDescriptorsAreClosedAtRelease)
{
	Service service(kSteps, {kListen, "handoff.drain_timeout: 1s"});

	service.SetSteps("sleep:50 open:0");
	service.Start();
	for (int number = 2; number <= 3; number++) {
		SwapTo(&service, number);
		EXPECT_FALSE(IsSocket(service.ProgramPid(), 3)) << "of generation " << number;
	}
}

static std::string Lines(const std::string &text, const std::string &pattern)
{
	std::regex line(pattern);
	std::string found;

	for (std::sregex_iterator at(text.begin(), text.end(), line), end; at != end; ++at)
		found += at->str() + "\n";
	return found;
}

// Helpers see no listener, whichever way the program got its own.
TEST(InheritTest, HelpersInheritNoListener)
{
	for (const char *steps : {"open:0", "fd:3"}) {
		Service service(kSteps, {kListen, "handoff.drain_timeout: 1s"});

		SCOPED_TRACE(steps);
		service.SetSteps(steps);
		service.Start();
		for (int number = 2; number <= 3; number++) {
			SwapTo(&service, number);
			for (const char *how : {"/spawn", "/vfork"}) {
				std::string seen = service.Get(how);

				EXPECT_NE(seen.find("status 0"), std::string::npos) << seen;
				EXPECT_EQ(Lines(seen, "[0-9]+ -> socket:.*"), "") << how;
			}
		}
	}
}

// Between listen() and the release, a program that warms up.
TEST(InheritTest, HelpersOfAWaitingGenerationInheritNoListener)
{
	Service service(kSteps, {kListen, "handoff.drain_timeout: 1s"});

	service.SetSteps("open:0 helper:{D}/seen");
	service.Start();
	EXPECT_EQ(Lines(ReadFile(service.directory() + "/seen"), ".*socket:.*"), "");
	SwapTo(&service, 2);
	EXPECT_NE(ReadFile(service.directory() + "/seen").find("status 0"), std::string::npos);
	EXPECT_EQ(Lines(ReadFile(service.directory() + "/seen"), ".*socket:.*"), "");
}

// --- helpers started while the gate is shut ---

TEST(InheritTest, HelpersDuringTheGate)
{
	Service service(kSteps, {"handoff.timeout: 20s", "handoff.drain_timeout: 2s"});

	service.SetSteps("open:0 split");
	service.Start();
	pid_t parent = service.ProgramPid();
	Connection connection(service.urls()[0]);
	auto ask = [&](const char *path) {
		connection.Ask(path);
		return connection.Answer();
	};
	pid_t served = atoi(ask("/").c_str() + 3);
	ASSERT_TRUE(Eventually([&] { return ChildrenOf(parent).size() == 1; }));
	pid_t other = served == parent ? ChildrenOf(parent)[0] : parent;
	std::string before = ask("/spawn");

	EXPECT_EQ(kill(other, SIGSTOP), 0); // it cannot gate: the others wait for it, gated
	service.SetVersion(2);
	Process reload = service.ReloadMeanwhile();
	ASSERT_TRUE(Eventually([&] { return GateIsShut(service.launcher().pid()); }));
	EXPECT_EQ(ask("/spawn-true"), "status 0\n");
	EXPECT_EQ(ask("/vfork-true"), "status 0\n");
	EXPECT_EQ(ask("/spawn-git").compare(0, 12, "git version "), 0);
	EXPECT_EQ(ask("/vfork-git").compare(0, 12, "git version "), 0);
	EXPECT_EQ(std::regex_replace(ask("/spawn"), std::regex("[0-9]{3,}"), "N"),
		std::regex_replace(before, std::regex("[0-9]{3,}"), "N"));
	EXPECT_TRUE(GateIsShut(service.launcher().pid())) << service.log();
	kill(other, SIGCONT);
	EXPECT_EQ(reload.Wait(), 0) << service.log();
	EXPECT_EQ(Starts(service), "v2");
}

// --- options between socket() and listen() ---

static const char kOptions[] = "set:rcvbuf=20000 set:keepalive=1 set:nodelay=1 set:defer=3 "
			       "set:keepidle=77";

static std::string Option(const std::string &text, const std::string &name)
{
	size_t at = ("\n" + text).find("\n" + name + "=");

	return at == std::string::npos
		? "none"
		: text.substr(at + name.size() + 1, text.find('\n', at) - at - name.size() - 1);
}

// As accept(2) makes it: gunicorn sets TCP_NODELAY on its listener and nowhere else.
TEST(InheritTest, AConnectionThatMovedHasTheOptionsOfItsListener)
{
	Service service(kSteps, {"handoff.connections: migrate"});

	service.SetSteps(std::string("socket ") + kOptions + " bind:0 listen");
	service.Start();
	Connection connection(service.urls()[0]);
	auto moved = [&] {
		connection.Ask("/options");
		return connection.Answer();
	};
	ASSERT_EQ(Option(moved(), "nodelay"), "1");
	for (int version = 2; version <= 3; version++) {
		const std::string set = version == 2 ? "1" : "0";

		if (version == 3)
			service.SetSteps("open:0");
		SwapTo(&service, version);
		std::string options = moved();
		EXPECT_EQ(Option(options, "nodelay"), set) << options;
		EXPECT_EQ(Option(options, "keepalive"), set) << options;
		EXPECT_EQ(Option(options, "keepidle"), Option(service.Get("/options"), "keepidle"));
		EXPECT_EQ(service.Status()["last_swap"]["connections_moved"], 1);
	}
}

TEST(InheritTest, OptionsTakeEffectAtReleaseAndGoWithARollback)
{
	Service service(kSteps, {"service.start_timeout: 1s"});
	std::string plain;
	std::string plain_listener;

	service.SetSteps("open:0");
	service.Start();
	plain = service.Get("/options");
	plain_listener = service.Get("/listener");
	EXPECT_EQ(Option(plain, "keepalive"), "0") << plain;

	service.SetVersion(2);
	service.SetSteps(std::string("socket ") + kOptions + " bind:0 listen hang");
	EXPECT_EQ(service.Reload().code, 1);
	EXPECT_EQ(service.Get("/options"), plain);
	EXPECT_EQ(service.Get("/listener"), plain_listener);

	service.SetSteps(std::string("socket ") + kOptions + " bind:0 listen");
	SwapTo(&service, 2);
	std::string set = service.Get("/options");
	std::string set_listener = service.Get("/listener");
	EXPECT_EQ(Option(set, "keepalive"), "1") << set;
	EXPECT_EQ(Option(set, "nodelay"), "1") << set;
	EXPECT_EQ(Option(set, "rcvbuf"), "40000") << set;
	EXPECT_EQ(Option(set, "keepidle"), "77") << set;
	EXPECT_EQ(Option(set_listener, "defer"), "3") << set_listener;

	// It dies while the old one can still be put back: so are the options.
	kill(service.ProgramPid(), SIGKILL);
	EXPECT_EQ(Starts(service), "v1");
	EXPECT_EQ(service.Get("/options"), plain);
	EXPECT_EQ(service.Get("/listener"), plain_listener);

	service.SetSteps(std::string("socket bind:0 ") + kOptions + " listen");
	SwapTo(&service, 3);
	EXPECT_EQ(service.Get("/options"), set) << "set after bind()";
	service.SetSteps("open:0");
	SwapTo(&service, 4);
	EXPECT_EQ(service.Get("/options"), plain) << "the options of a former version stay";
	EXPECT_EQ(service.Get("/listener"), plain_listener);
}

// Which addresses a socket answers for belongs to it for life: a version that wants it otherwise
// does not get it, and harms nobody.
TEST(InheritTest, OnlyIpv6IsPartOfTheAddress)
{
	Service service(kSteps, {"service.start_timeout: 1s"});

	service.SetSteps("socket:6 set:v6only=0 bind:0 listen");
	service.Start();
	EXPECT_EQ(Starts(service), "v1") << "over IPv4";
	SwapTo(&service, 2);
	service.SetVersion(3);
	service.SetSteps("socket:6 set:v6only=1 bind:0 listen");
	Output reload = service.Reload();
	EXPECT_EQ(reload.code, 1) << service.log();
	EXPECT_EQ(Starts(service), "v2");
	EXPECT_EQ(Option(service.Get("/listener"), "v6only"), "0");
}

} // namespace aet
