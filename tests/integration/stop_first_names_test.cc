// overlap: false, and names that lead nowhere: what the next version would lose is found before the
// old one ends, by the configuration as it is now and by the files as they are now. And names that
// lead nowhere are said as soon as the program serves.

#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "service.h"

namespace aet
{

class StopFirstNamesTest : public testing::TestWithParam<const char *>
{
      protected:
	// `names`: the content of handoff.state; empty: the key is not there.
	std::vector<std::string> Settings(const std::string &names) const
	{
		std::vector<std::string> settings = {
			std::string("handoff.mechanism: ") + GetParam(),
			"service.ready_after: 100ms", "handoff.overlap: false"};

		if (!names.empty())
			settings.push_back("handoff.state: [" + names + "]");
		return settings;
	}
	void Begin(const std::string &names, const std::vector<std::string> &options = {})
	{
		std::vector<std::string> command = {
			"/usr/bin/python3", "{T}/memory.py", "{P}", "{D}"};

		command.insert(command.begin() + 1, options.begin(), options.end());
		service_ = std::make_unique<Service>(
			Program{"memory", command, {"http://127.0.0.1:{P}/"}, {}, false},
			Settings(names));
		Write("first", "import agent\n");
		Write("agent.py", "HISTORY = []\nCOUNTS = []\n");
		Write("lazy.py", "MEMORY = []\n");
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
	// Nobody ends, and nobody stands still.
	void ExpectRefused(const std::string &reason, const std::vector<std::string> &words)
	{
		pid_t before = service_->ProgramPid();

		service_->SetVersion(version_ + 1);
		Output reload = Reload();
		service_->SetVersion(version_);
		EXPECT_EQ(reload.code, 1) << service_->log();
		EXPECT_EQ(service_->StatusText("reason"), reason) << reload.err;
		for (const std::string &word : words)
			EXPECT_NE(reload.err.find(word), std::string::npos) << reload.err;
		EXPECT_EQ(service_->ProgramPid(), before);
		EXPECT_EQ(service_->log().find("swap: QUIET CALM"), std::string::npos);
	}
	nlohmann::json Warnings() const
	{
		return service_->Status()["state_warnings"];
	}
	bool HasWarning(const std::string &name) const
	{
		return Eventually([&] {
			for (const nlohmann::json &warning : Warnings())
				if (warning["name"] == name)
					return true;
			return false;
		});
	}

	std::unique_ptr<Service> service_;
	std::map<std::string, int> length_;
	std::string said_;
	int version_ = 1;
};

TEST_P(StopFirstNamesTest, ATypingErrorThatComesWithTheReload)
{
	Begin("\"agent:HISTORY\"");
	ExpectGrown("agent.HISTORY");
	Rename("\"agent:HISTROY\"");
	ExpectRefused("state_missing", {"'agent:HISTROY'", "'agent:HISTORY'"});
	ExpectGrown("agent.HISTORY");
	Rename("\"agnet:HISTORY\"");
	ExpectRefused("state_missing", {"'agnet:HISTORY'", "no module agnet"});
	Rename("\"agent:HISTORY\"");
	Swap();
	ExpectGrown("agent.HISTORY");
}

// It is said at once: where it stands, and what is spelled most alike. The next reload corrects it.
TEST_P(StopFirstNamesTest, ATypingErrorFromTheStart)
{
	Begin("\"agent:HISTROY\", \"agent:COUNTS\"");
	ASSERT_TRUE(HasWarning("agent:HISTROY")) << service_->log();
	EXPECT_NE(service_->log().find("aeterna.yaml:4:12: "), std::string::npos)
		<< service_->log();
	EXPECT_NE(service_->log().find("there is 'agent:HISTORY'"), std::string::npos);
	EXPECT_NE(service_->Command("status").out.find("warning: handoff.state: 'agent:HISTROY'"),
		std::string::npos);
	ExpectGrown("agent.HISTORY");
	ExpectGrown("agent.COUNTS");
	ExpectRefused("state_missing", {"'agent:HISTROY'", "'agent:HISTORY'"});
	Rename("\"agent:HISTORY\", \"agent:COUNTS\"");
	Swap();
	ExpectGrown("agent.HISTORY");
	ExpectGrown("agent.COUNTS");
	EXPECT_TRUE(Eventually([&] { return Warnings().empty(); })) << service_->Status();
}

TEST_P(StopFirstNamesTest, ANameThatIsTakenAway)
{
	Begin("\"agent:HISTORY\", \"agent:COUNTS\"");
	ExpectGrown("agent.HISTORY");
	ExpectGrown("agent.COUNTS");
	Rename("\"agent:HISTORY\"");
	ExpectRefused("state_missing", {"'agent:COUNTS'", "--discard-state"});
	Rename("");
	ExpectRefused("state_missing", {"'agent:"});
	Rename("\"agent:HISTORY\"");
	Swap({"--discard-state=agent:COUNTS"});
	ExpectGrown("agent.HISTORY");
	length_["agent.COUNTS"] = 0;
	ExpectGrown("agent.COUNTS");
}

TEST_P(StopFirstNamesTest, ANameThatIsAdded)
{
	Begin("\"agent:HISTORY\"");
	ExpectGrown("agent.HISTORY");
	ExpectGrown("agent.COUNTS");
	Rename("\"agent:HISTORY\", \"agent:COUNTS\"");
	Swap();
	ExpectGrown("agent.HISTORY");
	ExpectGrown("agent.COUNTS");
	// One that the new version alone has.
	Write("agent.py", "HISTORY = []\nCOUNTS = []\nFACTS = []\n");
	Rename("\"agent:HISTORY\", \"agent:COUNTS\", \"agent:FACTS\"");
	Swap();
	ExpectGrown("agent.FACTS");
	ExpectGrown("agent.COUNTS");
	Swap();
	ExpectGrown("agent.FACTS");
}

TEST_P(StopFirstNamesTest, AKeyThatIsAddedToAServiceThatRuns)
{
	Begin("");
	ExpectGrown("agent.HISTORY");
	Rename("\"agent:HISTORY\"");
	Swap();
	ExpectGrown("agent.HISTORY");
}

TEST_P(StopFirstNamesTest, AModuleThatIsRenamed)
{
	Begin("\"agent:HISTORY\"");
	ExpectGrown("agent.HISTORY");
	Write("first", "import agent_two\n");
	Write("agent_two.py", "HISTORY = []\n");
	ASSERT_EQ(unlink((service_->directory() + "/agent.py").c_str()), 0);
	ExpectRefused("state_missing", {"'agent:HISTORY'", "no module agent any more"});
	ExpectGrown("agent.HISTORY");
}

// It is handed on until it is asked for, over two swaps.
TEST_P(StopFirstNamesTest, AModuleThatIsImportedLazily)
{
	Begin("\"agent:HISTORY\", \"lazy:MEMORY\"");
	ExpectGrown("agent.HISTORY");
	ExpectGrown("lazy.MEMORY");
	Swap();
	EXPECT_NE(said_.find("pending: lazy:MEMORY"), std::string::npos) << said_;
	ExpectGrown("agent.HISTORY");
	Swap();
	ExpectGrown("lazy.MEMORY");
	ExpectGrown("agent.HISTORY");
}

TEST_P(StopFirstNamesTest, AnInterpreterThatDoesNotLook)
{
	Begin("\"agent:HISTORY\"", {"-I"});
	ExpectGrown("agent.HISTORY");
	EXPECT_TRUE(Eventually([&] { return !Warnings().empty(); })) << service_->log();
	Swap();
	ExpectGrown("agent.HISTORY");
}

static std::string Name(const testing::TestParamInfo<const char *> &info)
{
	return info.param;
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, StopFirstNamesTest, testing::Values("shm", "pipe"), Name);

} // namespace aet
