// Programs with a use of their own for SIGUSR2 keep it: sent by hand it does what their manuals
// say, no snapshot and no swap sends it, and swaps go through before and after. How the library
// takes the signal otherwise: unit/preload/signals_test.cc.

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <set>
#include <unistd.h>

#include "service.h"

namespace aet
{

static const char kHttp[] = "http://127.0.0.1:{P}/";

class Usr2Test : public testing::Test
{
      protected:
	void Begin(const Program &program, const std::vector<std::string> &settings = {})
	{
		service_ = std::make_unique<Service>(program, settings);
	}
	int Logged(const std::string &words) const
	{
		std::string log = service_->log();
		int count = 0;

		for (size_t at = 0; (at = log.find(words, at)) != std::string::npos; at++)
			count++;
		return count;
	}
	// Within a moment, and not more.
	void ExpectLogged(const std::string &words, int times) const
	{
		EXPECT_TRUE(Eventually([&] { return Logged(words) >= times; })) << service_->log();
		EXPECT_EQ(Logged(words), times) << service_->log();
	}
	// Both ways to ask for a snapshot of a program that has no state.
	void ExpectNoSnapshot() const
	{
		Output snapshot = service_->Command("snapshot");

		EXPECT_EQ(snapshot.code, 1);
		EXPECT_NE(
			snapshot.err.find("no process of the program has state"), std::string::npos)
			<< snapshot.err;
		service_->launcher().Signal(SIGUSR2);
		ExpectLogged("no snapshot: ", 2);
	}
	void Swap()
	{
		service_->SetVersion(++version_);
		Output reload = service_->Reload();
		ASSERT_EQ(reload.code, 0) << reload.err << service_->log();
		ASSERT_TRUE(Answers(service_->Version()));
	}
	bool Answers(const std::string &version) const
	{
		return service_->Get().compare(0, version.size() + 1, version + " ") == 0;
	}
	// Nobody who comes anew is turned away. More clients that keep their connections would have
	// puma's threads for themselves.
	void SwapTwiceUnderLoad()
	{
		Load load(service_->urls(), {"--keepalive", "3", "--rate", "50"});

		ASSERT_TRUE(load.established()) << load.log() << service_->log();
		for (int i = 0; i < 2; i++) {
			Swap();
			ASSERT_TRUE(load.SawVersion(service_->Version())) << service_->log();
		}
		nlohmann::json report = load.Finish();
		EXPECT_EQ(report["new"]["failed"], 0) << Failures(report) << service_->log();
		EXPECT_GE(report["new"]["ok"], 10);
	}
	void End()
	{
		EXPECT_EQ(service_->Status()["swaps"]["rolled_back"], 0);
		EXPECT_GE(service_->Stop(), 0);
	}
	// Who answers, of so many new connections.
	std::set<std::string> Answering(int connections) const
	{
		std::set<std::string> all;

		for (int i = 0; i < connections; i++) {
			std::string body = service_->Get();
			size_t at = body.find(' ') + 1;

			all.insert(body.substr(at, body.find_first_of(" \n", at) - at));
		}
		return all;
	}

	std::unique_ptr<Service> service_;
	int version_ = 1;
};

class GunicornUsr2Test : public Usr2Test
{
      protected:
	void Begin(const std::vector<std::string> &settings)
	{
		Usr2Test::Begin({"gunicorn",
					{"{V}/gunicorn", "--chdir", "{T}", "-b", "127.0.0.1:{P}",
						"history_wsgi:app"},
					{kHttp}, {}, false},
			settings);
		service_->Start();
	}
	int Count() const
	{
		std::string body = service_->Get();

		return atoi(&body[body.rfind(' ') + 1]);
	}
	// A second master, which answers beside the first.
	pid_t SecondMaster() const
	{
		pid_t master = service_->ProgramPid();
		pid_t second = 0;

		kill(master, SIGUSR2);
		EXPECT_TRUE(Eventually([&] {
			for (pid_t child : ChildrenOf(master))
				if (!ChildrenOf(child).empty())
					second = child;
			return second != 0 && Answering(4).size() == 2;
		})) << service_->log();
		return second;
	}
};

// gunicorn(1), "Upgrading to a new binary on the fly", there and back.
TEST_F(GunicornUsr2Test, GoesThereAndBackAndItsStateIsSwapped)
{
	Begin({"handoff.state: [\"history_wsgi:HISTORY\"]", "service.ready_after: 100ms"});
	EXPECT_EQ(Count(), 1);
	EXPECT_EQ(service_->Command("snapshot").code, 0) << service_->log();
	service_->launcher().Signal(SIGUSR2);
	ExpectLogged("snapshot: ", 2);
	ExpectLogged("Handling signal: usr2", 0);
	for (int i = 1; i <= 2; i++) {
		pid_t second = SecondMaster();

		kill(second, SIGTERM);
		EXPECT_TRUE(Eventually([&] { return StateOf(second) == 0; }));
		int before = Count();
		Swap(); // which asks once
		EXPECT_EQ(Count(), before + 2);
		ExpectLogged("Handling signal: usr2", i);
	}
	End();
}

// A swap in the middle of it: both masters give way.
TEST_F(GunicornUsr2Test, BothMastersAreReplaced)
{
	Begin({"handoff.drain_timeout: 1s", "service.ready_after: 100ms"});
	pid_t first = service_->ProgramPid();
	pid_t second = SecondMaster();

	Swap();
	EXPECT_TRUE(Eventually([&] { return StateOf(first) == 0 && StateOf(second) == 0; }))
		<< service_->log();
	EXPECT_TRUE(Answers("v2"));
	ExpectLogged("Handling signal: usr2", 1);
	End();
}

class NginxUsr2Test : public Usr2Test
{
      protected:
	pid_t Master(const char *file = "/nginx.pid") const
	{
		std::string text = ReadFile(service_->directory() + file);

		return text.empty() ? -1 : atoi(text.c_str());
	}
	// The version's configuration, as a distribution has it: nginx goes to the background.
	void Background() const
	{
		std::string text = ReadFile(service_->directory() + "/nginx.conf");

		text.erase(text.find("daemon off;"), 11);
		WriteFile(service_->directory() + "/nginx.conf", text);
	}
};

// With "daemon off" nginx refuses by itself to be replaced; it hears it, and nothing else of ours.
TEST_F(NginxUsr2Test, RefusesInTheForegroundAsItAlwaysDoes)
{
	Begin(ProgramNamed("nginx"), {"service.ready_after: 100ms"});
	service_->Start();
	ExpectNoSnapshot();
	for (int i = 1; i <= 2; i++) {
		EXPECT_EQ(kill(service_->ProgramPid(), SIGUSR2), 0);
		ExpectLogged("the changing binary signal is ignored", i);
		Swap();
	}
	ExpectLogged("the changing binary signal is ignored", 2);
	End();
}

// nginx(8): a new master beside the old one, whose pid file is renamed, and the way back.
TEST_F(NginxUsr2Test, UpgradesItsBinaryFromTheBackground)
{
	Begin({"nginx",
		      {"{T}/daemon.sh", "/usr/sbin/nginx", "-p", "{D}", "-e", "stderr", "-c",
			      "{D}/nginx.conf"},
		      {kHttp}, {}, false},
		{"service.ready_after: 100ms", "handoff.drain_timeout: 1s"});
	Background();
	service_->Start();
	pid_t old = Master();

	EXPECT_EQ(kill(old, SIGUSR2), 0);
	EXPECT_TRUE(Eventually([&] { return Master("/nginx.pid.oldbin") == old; }))
		<< service_->log();
	EXPECT_TRUE(Eventually([&] { return Master() > 0 && Answering(4).size() > 2; }));
	pid_t second = Master();
	EXPECT_NE(second, old);
	EXPECT_EQ(kill(second, SIGQUIT), 0);
	EXPECT_TRUE(Eventually([&] { return StateOf(second) == 0 && Master() == old; }));
	service_->SetVersion(2);
	Background();
	Swap();
	EXPECT_TRUE(Eventually([&] { return StateOf(old) == 0; })) << service_->log();
	EXPECT_TRUE(Answers("v2"));
	End();
}

// puma: SIGUSR2 restarts it in place, its listener inherited.
TEST_F(Usr2Test, PumaRestartsItself)
{
	Begin({"puma", {"puma", "-b", "tcp://127.0.0.1:{P}", "-t", "8:8", "{T}/puma.ru"}, {kHttp},
		      {}, false},
		{"service.ready_after: 100ms", "handoff.drain_timeout: 1s"});
	service_->Start();
	ExpectNoSnapshot();
	ExpectLogged("* Restarting...", 0);
	for (int i = 1; i <= 2; i++) {
		pid_t pid = service_->ProgramPid();

		EXPECT_EQ(kill(pid, SIGUSR2), 0);
		ExpectLogged("* Inherited tcp://127.0.0.1", i);
		ExpectLogged("* Restarting...", i);
		EXPECT_EQ(Answering(1), std::set<std::string>{std::to_string(pid)});
		Swap();
	}
	SwapTwiceUnderLoad();
	ExpectLogged("* Restarting...", 2);
	End();
}

class JavaUsr2Test : public Usr2Test
{
      protected:
	JavaUsr2Test()
	{
		Begin({"java", {"java", "-XX:TieredStopAtLevel=1", "-cp", "{B}/java", "JavaServer"},
			      {kHttp}, {}, false},
			{"service.ready_after: 100ms", "handoff.drain_timeout: 1s",
				"service.start_timeout: 20s"});
		service_->Start();
	}
	// What the virtual machine does by signals works.
	void ExpectWell() const
	{
		EXPECT_EQ(service_->Get("/samples"), "samples\n");
		EXPECT_EQ(service_->Get("/collect"), "collected\n");
		EXPECT_TRUE(Catches(service_->ProgramPid(), SIGUSR2));
	}
	static bool Catches(pid_t pid, int signal)
	{
		std::string status = ReadFile("/proc/" + std::to_string(pid) + "/status");
		size_t at = status.find("\nSigCgt:\t");

		return at != std::string::npos &&
			strtoull(&status[at + 9], nullptr, 16) >> (signal - 1) & 1;
	}
};

// The virtual machine suspends threads by it, and dies of one that it has not sent itself.
TEST_F(JavaUsr2Test, SuspendsItsThreads)
{
	pid_t pid = service_->ProgramPid();

	ExpectNoSnapshot();
	ExpectWell();
	EXPECT_EQ(service_->ProgramPid(), pid);
	SwapTwiceUnderLoad();
	ExpectWell();
	EXPECT_EQ(Logged("SIGSEGV"), 0) << service_->log();
	Output check = service_->Command("check");
	EXPECT_EQ(check.code, 0);
	EXPECT_NE(check.out.find("Java: sockets are handed over, state is not"), std::string::npos)
		<< check.out;
	End();
}

// jstack and its like make it open a socket named after its process: no later version has that.
TEST_F(JavaUsr2Test, ADoorForToolsDoesNotHoldUpASwap)
{
	for (int i = 0; i < 2; i++) {
		std::string pid = std::to_string(service_->ProgramPid());
		Output stacks = aet::Run({"java", "-XX:TieredStopAtLevel=1", "-m",
			"jdk.jcmd/sun.tools.jstack.JStack", pid});

		EXPECT_EQ(stacks.code, 0) << stacks.err;
		EXPECT_NE(stacks.out.find("Full thread dump"), std::string::npos) << stacks.out;
		EXPECT_EQ(access(("/tmp/.java_pid" + pid).c_str(), F_OK), 0);
		Swap();
		EXPECT_TRUE(Eventually([&] { return service_->Status()["draining"].empty(); }));
		EXPECT_NE(access(("/tmp/.java_pid" + pid).c_str(), F_OK), 0);
	}
	End();
}

} // namespace aet
