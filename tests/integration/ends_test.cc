// How a version ends: whom the launcher tells first, what lives on, and who has the terminal.

#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <map>
#include <pty.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

#include "service.h"

namespace aet
{

static const Program kLeaver = {
	"leaver", {"/usr/bin/python3", "{T}/leaver.py"}, {"http://127.0.0.1:{P}/"}, {}, false};

class EndsTest : public testing::Test
{
      protected:
	void Begin(const std::string &children, const std::vector<std::string> &settings)
	{
		settings_ = {"service.ready_after: 100ms"};
		settings_.insert(settings_.end(), settings.begin(), settings.end());
		service_ = std::make_unique<Service>(kLeaver, settings_);
		WriteFile(service_->directory() + "/children", children);
		service_->Start();
		for (const char *who : {"child", "detached"})
			if (children.find(who) != std::string::npos)
				ExpectNoted("1 " + std::string(who) + " began");
	}
	void Swap(int number)
	{
		service_->SetVersion(number);
		Output reload = service_->Reload();
		ASSERT_EQ(reload.code, 0) << reload.err << service_->log();
	}
	// When it was noted, in seconds; 0: it was not.
	double Noted(const std::string &what) const
	{
		std::istringstream lines(ReadFile(service_->directory() + "/told"));
		std::string line;

		while (std::getline(lines, line))
			if (line.compare(0, what.size() + 1, what + " ") == 0)
				return std::stod(line.substr(what.size() + 1));
		return 0;
	}
	double ExpectNoted(const std::string &what)
	{
		EXPECT_TRUE(Eventually([&] { return Noted(what) > 0; }))
			<< what << "\n"
			<< ReadFile(service_->directory() + "/told") << service_->log();
		return Noted(what);
	}
	void LetGo()
	{
		WriteFile(service_->directory() + "/go", "");
	}
	bool Says(const std::string &text) const
	{
		return service_->log().find(text) != std::string::npos;
	}

	std::vector<std::string> settings_;
	std::unique_ptr<Service> service_;
};

TEST_F(EndsTest, TheMainProcessIsToldFirstAtASwap)
{
	Begin("child", {});
	Swap(2);
	ExpectNoted("1 main SIGTERM");
	usleep(700000); // longer than its end would give the child
	EXPECT_EQ(Noted("1 child SIGTERM"), 0);
	LetGo();
	double ended = ExpectNoted("1 main ended");
	EXPECT_GE(ExpectNoted("1 child SIGTERM") - ended, 0.4);
}

TEST_F(EndsTest, TheMainProcessIsToldFirstAtAStop)
{
	Begin("child", {"service.stop_signal: QUIT"});
	service_->launcher().Signal(SIGTERM);
	ExpectNoted("1 main SIGQUIT");
	usleep(700000);
	EXPECT_EQ(Noted("1 child SIGQUIT"), 0);
	LetGo();
	double ended = ExpectNoted("1 main ended");
	EXPECT_GE(ExpectNoted("1 child SIGQUIT") - ended, 0.4);
	EXPECT_EQ(service_->launcher().Wait(), 0);
}

TEST_F(EndsTest, TheMainProcessIsToldFirstWithoutOverlap)
{
	Begin("child", {"handoff.overlap: false"});
	Process reload = service_->ReloadMeanwhile();
	ExpectNoted("1 main SIGTERM");
	usleep(700000);
	EXPECT_EQ(Noted("1 child SIGTERM"), 0);
	LetGo();
	ExpectNoted("1 child SIGTERM");
	EXPECT_EQ(reload.Wait(), 0) << service_->log();
}

TEST_F(EndsTest, TheRestIsToldAtThreeQuartersAndWhatIsCutIsNamed)
{
	Begin("child detached deaf", {"service.stop_timeout: 2s"});
	double begun = ExpectNoted("1 child began");
	service_->launcher().Signal(SIGTERM);
	double told = ExpectNoted("1 main SIGTERM");
	EXPECT_GE(told, begun);
	EXPECT_GE(ExpectNoted("1 child SIGTERM") - told, 1.4);
	ExpectNoted("1 detached SIGTERM");
	EXPECT_EQ(service_->launcher().Wait(), 128 + SIGKILL);
	EXPECT_TRUE(Says(") did not end in time: it is killed")) << service_->log();
}

TEST_F(EndsTest, WorkThatNobodySeesHasTheTimeForDraining)
{
	Begin("", {"service.stop_timeout: 500ms", "handoff.drain_timeout: 20s"});
	Swap(2);
	double told = ExpectNoted("1 main SIGTERM");
	usleep(1500000); // three times stop_timeout
	LetGo();
	EXPECT_GE(ExpectNoted("1 main ended") - told, 1.4) << service_->log();
	EXPECT_FALSE(Says("did not end in time"));
}

TEST_F(EndsTest, WhatIsCutIsNamed)
{
	Begin("deaf", {"service.stop_timeout: 300ms", "handoff.drain_timeout: 0s"});
	pid_t old = service_->ProgramPid();
	Swap(2);
	EXPECT_TRUE(Eventually([&] { return Says("did not end in time"); })) << service_->log();
	EXPECT_TRUE(Says("process " + std::to_string(old) + " (/usr/bin/python3"))
		<< service_->log();
}

TEST_F(EndsTest, ADetachedChildHasTimeAndIsNamed)
{
	Begin("detached", {"service.stop_timeout: 2s", "handoff.drain_timeout: 1s"});
	LetGo();
	Swap(2);
	double ended = ExpectNoted("1 main ended");
	EXPECT_GE(ExpectNoted("1 detached SIGTERM") - ended, 1);
	EXPECT_TRUE(Says("service.keep_children: true lets such")) << service_->log();
}

TEST_F(EndsTest, ADetachedChildLivesOnWithKeepChildren)
{
	Begin("detached",
		{"service.stop_timeout: 300ms", "handoff.drain_timeout: 0s",
			"service.keep_children: true"});
	LetGo();
	Swap(2);
	EXPECT_TRUE(Eventually([&] { return Says("generation 1 is gone"); })) << service_->log();
	Swap(3);
	EXPECT_TRUE(Eventually([&] { return Says("generation 2 is gone"); })) << service_->log();
	EXPECT_EQ(Noted("1 detached SIGTERM") + Noted("2 detached SIGTERM"), 0);
	service_->launcher().Signal(SIGTERM); // that ends them
	EXPECT_EQ(service_->launcher().Wait(), 0);
	EXPECT_GT(Noted("1 detached SIGTERM"), 0);
	EXPECT_GT(Noted("2 detached SIGTERM"), 0);
}

// --- the terminal ---

static const char kAsks[] = "import os\n"
			    "name = input('name? ')\n"
			    "open(os.environ['D'] + '/name', 'w').write(name)\n"
			    "input('again? ')\n";

class TerminalTest : public testing::Test
{
      protected:
	// With words before the launcher's.
	void Begin(const std::vector<std::string> &words)
	{
		WriteFile(directory_.path() + "/asks.py", kAsks);
		WriteFile(directory_.path() + "/aeterna.yaml",
			"service:\n  command: [\"/usr/bin/python3\", \"asks.py\"]\n"
			"  env: [\"D=" +
				directory_.path() + "\"]\n  restart: always\n");
		std::vector<std::string> command = words;
		command.push_back(Launcher());
		std::vector<char *> argv;
		for (std::string &word : command)
			argv.push_back(word.data());
		argv.push_back(nullptr);
		pid_ = forkpty(&terminal_, nullptr, nullptr, nullptr);
		if (pid_ == 0) {
			if (chdir(directory_.path().c_str()) == 0)
				execvp(argv[0], argv.data());
			_exit(127);
		}
		fcntl(terminal_, F_SETFL, O_NONBLOCK);
	}
	~TerminalTest() override
	{
		for (pid_t pid : DescendantsOf(pid_))
			kill(pid, SIGKILL);
		kill(pid_, SIGKILL);
		if (!waited_)
			waitpid(pid_, nullptr, 0);
		close(terminal_);
	}
	void Type(const std::string &keys) const
	{
		ASSERT_EQ(write(terminal_, keys.data(), keys.size()), (ssize_t)keys.size());
	}
	bool Shows(const std::string &text)
	{
		return Eventually([&] {
			char piece[4096];
			ssize_t got = read(terminal_, piece, sizeof(piece));

			if (got > 0)
				seen_.append(piece, (size_t)got);
			return seen_.find(text) != std::string::npos;
		});
	}
	int Wait()
	{
		int status = -1;

		EXPECT_TRUE(Eventually([&] {
			char piece[4096];

			(void)!read(terminal_, piece, sizeof(piece));
			return waitpid(pid_, &status, WNOHANG) == pid_;
		}));
		waited_ = true;
		return status;
	}

	TemporaryDirectory directory_;
	pid_t pid_ = -1;
	int terminal_ = -1;
	bool waited_ = false;
	std::string seen_;
};

TEST_F(TerminalTest, IsTheProgramsWhenItReadsAndCtrlCEndsAll)
{
	Begin({});
	ASSERT_TRUE(Shows("reads from the terminal and has it now")) << seen_;
	Type("alice\n");
	ASSERT_TRUE(Shows("again? ")) << seen_;
	EXPECT_EQ(ReadFile(directory_.path() + "/name"), "alice");
	Type("\x03"); // Ctrl-C: with restart: always it would begin again
	(void)Wait();
}

TEST_F(TerminalTest, OfALauncherInTheBackgroundIsSaidToBeMissing)
{
	// An interactive shell gives each job a group, and keeps the terminal.
	Begin({"bash", "-mc", "\"$0\" & sleep 1000"});
	EXPECT_TRUE(Shows("is stopped (SIGTTIN)")) << seen_;
	EXPECT_TRUE(Shows("the launcher is not in its foreground")) << seen_;
}

} // namespace aet
