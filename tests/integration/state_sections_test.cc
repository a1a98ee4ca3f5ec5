// No swap loses memory without a word: what the old generation dumped is held, section by section,
// against what the new one took. What is missing refuses the swap, and the old one serves on.

#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <memory>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

#include "service.h"

namespace aet
{

static const std::vector<std::string> kPlain = {"/usr/bin/python3", "{T}/memory.py", "{P}", "{D}"};

static std::vector<std::string> Python(const std::vector<std::string> &options)
{
	std::vector<std::string> words = kPlain;

	words.insert(words.begin() + 1, options.begin(), options.end());
	return words;
}

class SectionsTest : public testing::TestWithParam<const char *>
{
      protected:
	// `names`: the content of handoff.state; empty: the key is not there.
	std::vector<std::string> Settings(const std::string &names) const
	{
		std::vector<std::string> settings = {
			std::string("handoff.mechanism: ") + GetParam(),
			"service.ready_after: 100ms", "handoff.settle_timeout: 8s"};

		if (!names.empty())
			settings.push_back("handoff.state: [" + names + "]");
		return settings;
	}
	void Begin(const std::string &names, const std::vector<std::string> &command = kPlain)
	{
		Program program = {"memory", command, {"http://127.0.0.1:{P}/"}, {}, false};

		service_ = std::make_unique<Service>(program, Settings(names));
		Write("first", "import agent\n");
		Write("agent.py", "HISTORY = []\nCOUNTS = []\n");
		mkdir((service_->directory() + "/own").c_str(), 0755);
		Write("own/sitecustomize.py", "import sys\nsys.wrapped = True\n");
		Write("app.py",
			"import os\n"
			"def app(environ, start_response):\n"
			"    import lazy\n"
			"    lazy.MEMORY.append(1)\n"
			"    text = f'{os.getpid()} {len(lazy.MEMORY)}\\n'.encode()\n"
			"    start_response('200 OK', [('Content-Length', str(len(text)))])\n"
			"    return [text]\n");
		Write("lazy.py", "class Turn: pass\nMEMORY = []\n");
		service_->Start();
	}
	void Write(const std::string &file, const std::string &text) const
	{
		WriteFile(service_->directory() + "/" + file, text);
	}
	void Rename(const std::string &names) const
	{
		service_->WriteConfiguration(Settings(names));
	}
	// Grows by one with each answer, in whatever generation.
	void ExpectGrown(const std::string &what)
	{
		std::string expected = service_->Version() + " " + std::to_string(++length_[what]);

		EXPECT_EQ(service_->Get("/" + what), expected + "\n") << what << service_->log();
	}
	// Of a WSGI application: the worker's process number, and how long its list is now.
	void Ask(std::map<std::string, int> *workers) const
	{
		std::string text = service_->Get();
		size_t space = text.find(' ');

		ASSERT_NE(space, std::string::npos) << service_->log();
		(*workers)[text.substr(0, space)] = std::stoi(text.substr(space));
	}
	void Grow(const std::string &what)
	{
		for (int i = 0; i < 3; i++)
			ExpectGrown(what);
	}
	Output Reload(const std::vector<std::string> &words = {}) const
	{
		std::vector<std::string> all = {
			Launcher(), "reload", "-c", service_->configuration()};

		all.insert(all.end(), words.begin(), words.end());
		return aet::Run(all);
	}
	void Swap(const std::vector<std::string> &words = {})
	{
		service_->SetVersion(++version_);
		Output reload = Reload(words);

		ASSERT_EQ(reload.code, 0) << reload.err << service_->log();
		said_ = reload.out;
	}
	// The swap is refused, its sentence has these words, and the old version serves on.
	void ExpectRefused(const std::vector<std::string> &words)
	{
		service_->SetVersion(version_ + 1);
		Output reload = Reload();

		service_->SetVersion(version_);
		EXPECT_EQ(reload.code, 1) << service_->log();
		EXPECT_EQ(service_->StatusText("reason"), "state_missing") << reload.err;
		for (const std::string &word : words)
			EXPECT_NE(reload.err.find(word), std::string::npos) << reload.err;
		EXPECT_EQ(service_->Get(), service_->Version() + "\n");
	}

	std::unique_ptr<Service> service_;
	std::map<std::string, int> length_;
	std::string said_;
	int version_ = 1;
};

TEST_P(SectionsTest, ATypingErrorInANameIsRefusedAndCorrectedByTheNextReload)
{
	Begin("\"agent:HISTORY\"");
	Swap();
	Grow("agent.HISTORY");
	Rename("\"agent:HISTROY\"");
	ExpectRefused({"agent:HISTORY", "agent:HISTROY"});
	ExpectGrown("agent.HISTORY");
	Rename("\"agent:HISTORY\"");
	Swap();
	Grow("agent.HISTORY");
}

TEST_P(SectionsTest, ATypingErrorInAModuleIsRefusedAndCorrectedByTheNextReload)
{
	Begin("\"agent:HISTORY\"");
	Swap();
	Grow("agent.HISTORY");
	Rename("\"agnet:HISTORY\"");
	ExpectRefused({"state_missing"});
	ExpectGrown("agent.HISTORY");
	Rename("\"agent:HISTORY\"");
	Swap();
	Grow("agent.HISTORY");
}

TEST_P(SectionsTest, ATypingErrorAtTheStartIsCorrectedWithoutARestart)
{
	Begin("\"agent:HISTROY\"");
	Grow("agent.HISTORY");
	ExpectRefused({"agent:HISTROY", "agent:HISTORY"});
	ExpectGrown("agent.HISTORY");
	Rename("\"agent:HISTORY\"");
	Swap();
	Grow("agent.HISTORY");
}

TEST_P(SectionsTest, ANameThatIsTakenOutOfTheFileIsMissing)
{
	Begin("\"agent:HISTORY\", \"agent:COUNTS\"");
	Grow("agent.HISTORY");
	Grow("agent.COUNTS");
	Rename("\"agent:HISTORY\"");
	ExpectRefused({"agent:COUNTS", "--discard-state"});
	Swap({"--discard-state=agent:COUNTS"});
	EXPECT_NE(said_.find("agent:COUNTS"), std::string::npos) << said_;
	Grow("agent.HISTORY");
	length_["agent.COUNTS"] = 0;
	Grow("agent.COUNTS");
}

TEST_P(SectionsTest, TheWholeKeyIsTakenOutOfTheFile)
{
	Begin("\"agent:HISTORY\"");
	Grow("agent.HISTORY");
	Rename("");
	ExpectRefused({"--discard-state"});
	ExpectGrown("agent.HISTORY");
	Swap({"--discard-state"});
	EXPECT_NE(said_.find("discarded: all state"), std::string::npos) << said_;
	length_["agent.HISTORY"] = 0;
	Grow("agent.HISTORY");
}

TEST_P(SectionsTest, ANameIsAddedToTheFile)
{
	Begin("\"agent:HISTORY\"");
	Grow("agent.HISTORY");
	Grow("agent.COUNTS");
	Rename("\"agent:HISTORY\", \"agent:COUNTS\"");
	Swap();
	Grow("agent.HISTORY");
	Grow("agent.COUNTS");
}

TEST_P(SectionsTest, KeptInARequestSurvivesSwapsASnapshotAndACrash)
{
	Begin("");
	Grow("keep.conv:ann");
	Grow("keep.conv:bob");
	Swap();
	EXPECT_NE(said_.find("conv:ann"), std::string::npos) << said_;
	ExpectGrown("keep.conv:ann");
	Swap();
	Swap();
	ExpectGrown("keep.conv:bob");
	Swap();
	EXPECT_EQ(service_->Command("snapshot").code, 0) << service_->log();
	kill(service_->ProgramPid(), SIGKILL);
	EXPECT_TRUE(Eventually([&] { return service_->Get() == service_->Version() + "\n"; }));
	Swap();
	ExpectGrown("keep.conv:ann");
	ExpectGrown("keep.conv:bob");
}

// The program is the same in every version; its module comes with the first request that needs it.
TEST_P(SectionsTest, AModuleThatAHandlerImports)
{
	Begin("\"lazy:MEMORY\"");
	Grow("lazy.MEMORY");
	Swap();
	EXPECT_NE(said_.find("lazy:MEMORY"), std::string::npos) << said_;
	Grow("lazy.MEMORY");
	Swap();
	Swap();
	EXPECT_EQ(service_->Status()["state_sections"][0]["pending"], true) << service_->Status();
	Grow("lazy.MEMORY");
	Swap();
	EXPECT_EQ(service_->Command("snapshot").code, 0) << service_->log();
	kill(service_->ProgramPid(), SIGKILL);
	EXPECT_TRUE(Eventually([&] { return service_->Get() == service_->Version() + "\n"; }));
	Swap();
	Grow("lazy.MEMORY");
}

TEST_P(SectionsTest, ALazyModuleThatIsRenamed)
{
	Begin("\"lazy:MEMORY\"");
	Grow("lazy.MEMORY");
	unlink((service_->directory() + "/lazy.py").c_str());
	Write("slow.py", "MEMORY = []\n");
	ExpectRefused({"lazy:MEMORY"});
	ExpectGrown("lazy.MEMORY");
	Write("lazy.py", "MEMORY = []\n");
	Swap();
	Grow("lazy.MEMORY");
}

// It serves without any hooks; the file says later what its state is.
TEST_P(SectionsTest, TheWholeKeyIsAddedToTheFile)
{
	Begin("");
	Grow("agent.HISTORY");
	Grow("OWN");
	Rename("\"agent:HISTORY\", \"__main__:OWN\"");
	Swap();
	Grow("agent.HISTORY");
	Grow("OWN");
}

TEST_P(SectionsTest, AnInterpreterThatLooksForNothingOfOurs)
{
	for (const char *option : {"-I", "-S", "-E"}) {
		SCOPED_TRACE(option);
		length_.clear();
		version_ = 1;
		Begin("\"agent:HISTORY\"", Python({option}));
		Grow("agent.HISTORY");
		Swap();
		Grow("agent.HISTORY");
		Swap();
		Grow("agent.HISTORY");
	}
}

TEST_P(SectionsTest, KeptByAnIsolatedInterpreter)
{
	Begin("", Python({"-I"}));
	Grow("keep.conv:ann");
	Swap();
	Swap();
	Grow("keep.conv:ann");
}

TEST_P(SectionsTest, AWrapperWithASitecustomizeOfItsOwn)
{
	Begin("\"agent:HISTORY\"",
		{"env", "PYTHONPATH={D}/own", "/usr/bin/python3", "{T}/memory.py", "{P}", "{D}"});
	Grow("agent.HISTORY");
	Swap();
	Grow("agent.HISTORY");
}

TEST_P(SectionsTest, ANewVersionInAnotherLanguageTakesNothing)
{
	Begin("\"agent:HISTORY\"");
	Grow("agent.HISTORY");
	service_->RunBy({"sh", "-c", "exec {B}/epoll"}, Settings("\"agent:HISTORY\""));
	ExpectRefused({"--discard-state"});
	ExpectGrown("agent.HISTORY");
}

// Workers have a memory each, and their parent none: each new worker gets one of them.
TEST_P(SectionsTest, WorkersThatImportItInAHandler)
{
	Begin("\"lazy:MEMORY\"",
		{"{V}/gunicorn", "--chdir", "{D}", "-w", "2", "-b", "127.0.0.1:{P}", "app:app"});
	std::map<std::string, int> before;
	std::map<std::string, int> after;

	ASSERT_TRUE(Eventually([&] {
		Ask(&before);
		return before.size() == 2;
	})) << service_->log();
	for (int swaps = 0; swaps < 2; swaps++)
		Swap();
	EXPECT_TRUE(Eventually([&] {
		std::map<std::string, int> one;
		Ask(&one);
		after.insert(one.begin(), one.end());
		return after.size() == 2;
	})) << service_->log();
	std::multiset<int> lengths;
	std::multiset<int> expected;
	for (const auto &worker : after)
		lengths.insert(worker.second);
	for (const auto &worker : before)
		expected.insert(worker.second + 1);
	EXPECT_EQ(lengths, expected) << service_->log();
}

static std::string Name(const testing::TestParamInfo<const char *> &info)
{
	return info.param;
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, SectionsTest, testing::Values("shm", "pipe"), Name);

} // namespace aet
