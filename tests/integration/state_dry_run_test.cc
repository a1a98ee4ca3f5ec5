// `check --dry-run`: the next version takes the state and writes it again without ever serving.
// The launcher compares the two section by section; the generation that serves notices nothing.

#include "counter_service.h"

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace aet
{

static size_t OpenFiles(pid_t pid)
{
	size_t count = 0;

	for (const auto &entry :
		std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd"))
		count += !entry.path().empty();
	return count;
}

class DryRunTest : public CounterTest
{
      protected:
	void BeginSections(const std::vector<std::string> &settings = {})
	{
		Begin({}, settings, {"/usr/bin/python3", "{T}/sections.py"});
		Count();
	}
	std::vector<std::string> Words() const
	{
		return {Launcher(), "check", "--dry-run", "--json", "-c",
			service_->configuration()};
	}
	// A version that does this: the exit code, and report_.
	int Try(const std::string &fault)
	{
		service_->SetFault(fault);
		service_->SetVersion(99);
		Output output = aet::Run(Words());
		EXPECT_FALSE(output.out.empty()) << output.err << service_->log();
		report_ = nlohmann::json::parse(output.out, nullptr, false);
		EXPECT_EQ(report_["ok"], output.code == 0) << report_;
		EXPECT_EQ(output.err.empty(), output.code == 0) << output.err;
		service_->SetFault("ok");
		service_->SetVersion(version_);
		return output.code;
	}
	nlohmann::json Row(const std::string &section) const
	{
		for (const nlohmann::json &row : report_["sections"])
			if (row["section"] == section)
				return row;
		return {{"verdict", "not there"}};
	}
	std::string Verdict(const std::string &section) const
	{
		return Row(section)["verdict"];
	}
	std::string reason() const
	{
		return report_["reason"];
	}

	nlohmann::json report_;
};

TEST_F(DryRunTest, AGoodVersionWritesWhatItHasLoaded)
{
	BeginSections();
	EXPECT_EQ(Try("ok"), 0) << report_;
	EXPECT_EQ(report_["sections"].size(), 4u) << report_;
	EXPECT_EQ(Verdict("state"), "same") << report_;
	EXPECT_EQ(Verdict("loaded"), "same") << report_;
	EXPECT_EQ(Verdict("cfg"), "same") << report_;
	EXPECT_EQ(Row("cfg")["before"]["bytes"], 11) << report_;
	// Equal, and yet often in another order: that is told, and no failure.
	EXPECT_TRUE(Verdict("names") == "same" || Verdict("names") == "differs") << report_;
	EXPECT_EQ(Row("names")["before"]["bytes"], Row("names")["after"]["bytes"]) << report_;
	ExpectExact();
}

TEST_F(DryRunTest, ThroughAPipeAsWell)
{
	BeginSections({"handoff.mechanism: pipe"});
	EXPECT_EQ(Try("ok"), 0) << report_;
	EXPECT_EQ(Verdict("state"), "same") << report_;
	EXPECT_EQ(Verdict("cfg"), "same") << report_;
}

TEST_F(DryRunTest, WhatNobodyAsksForIsPending)
{
	BeginSections();
	EXPECT_EQ(Try("forget"), 0) << report_;
	EXPECT_EQ(Verdict("cfg"), "pending") << report_;
	EXPECT_EQ(Row("cfg")["before"]["bytes"], Row("cfg")["after"]["bytes"]) << report_;
	EXPECT_EQ(Verdict("state"), "same") << report_;
}

TEST_F(DryRunTest, AMigrationAndANewSectionAreTold)
{
	BeginSections();
	EXPECT_EQ(Try("schema2"), 0) << report_;
	EXPECT_EQ(Verdict("cfg"), "migrated") << report_;
	EXPECT_EQ(Row("cfg")["before"]["schema"], 1) << report_;
	EXPECT_EQ(Row("cfg")["after"]["schema"], 2) << report_;
	EXPECT_EQ(Try("more"), 0) << report_;
	EXPECT_EQ(Verdict("more"), "new") << report_;
	EXPECT_EQ(Row("more")["before"], nullptr) << report_;
}

TEST_F(DryRunTest, WhatCannotBeLoadedOrDumpedAgainIsSaid)
{
	BeginSections();
	EXPECT_EQ(Try("load_error"), 1);
	EXPECT_EQ(reason(), "load_failed") << report_;
	EXPECT_EQ(Try("undumpable"), 1);
	EXPECT_EQ(reason(), "dump_failed") << report_;
	EXPECT_NE(report_["detail"].get<std::string>().find("the new version"), std::string::npos)
		<< report_;
	ExpectExact();
}

TEST_F(DryRunTest, TheServingGenerationNoticesNothing)
{
	Begin({}, {}, {"/usr/bin/python3", "{T}/sections.py"});
	EXPECT_EQ(service_->Get(), "v1 1\n");
	nlohmann::json before = service_->Status();
	pid_t program = service_->ProgramPid();
	pid_t launcher = service_->launcher().pid();
	size_t held = OpenFiles(program);
	size_t kept = OpenFiles(launcher);
	size_t processes = DescendantsOf(launcher).size();

	counting_ = std::make_unique<Counting>(service_->port());
	EXPECT_EQ(Try("ok"), 0) << report_;
	EXPECT_EQ(Try("forget"), 0) << report_;
	EXPECT_EQ(Try("load_error"), 1) << report_;
	EXPECT_TRUE(counting_->More(50));
	nlohmann::json after = service_->Status();
	for (const char *key : {"state", "swaps", "last_swap", "generation", "pid", "listeners",
		     "draining", "snapshot"})
		EXPECT_EQ(before[key], after[key]) << key;
	Tally tally = counting_->Finish();
	counting_.reset();
	EXPECT_TRUE(tally.failures.empty()) << tally.Text() << service_->log();
	EXPECT_EQ(tally.repeated + tally.missing + tally.back + tally.reopened, 0u) << tally.Text();
	EXPECT_EQ(tally.versions.size(), 1u) << tally.Text();
	EXPECT_TRUE(Eventually([&] {
		return OpenFiles(program) == held && OpenFiles(launcher) == kept &&
			DescendantsOf(launcher).size() == processes;
	})) << OpenFiles(program)
	    << " of " << held << ", " << OpenFiles(launcher) << " of " << kept << ", "
	    << DescendantsOf(launcher).size() << " of " << processes;
}

TEST_F(DryRunTest, HooksInCAreComparedAsOneFile)
{
	Begin({});
	Count();
	EXPECT_EQ(Try("ok"), 0) << report_;
	EXPECT_EQ(report_["sections"].size(), 1u) << report_;
	EXPECT_EQ(Verdict("hook"), "same") << report_;
	Output text = aet::Run({Launcher(), "check", "--dry-run", "-c", service_->configuration()});
	EXPECT_NE(text.out.find("same       - > -      24 > 24                  hook\n"),
		std::string::npos)
		<< text.out;
	EXPECT_NE(text.out.find("the new version would serve"), std::string::npos) << text.out;
	ExpectExact();
}

TEST_F(DryRunTest, AVersionThatTakesNoStateWouldLoseIt)
{
	Begin({});
	WriteFile(service_->configuration(),
		"service:\n  command: [\"" + service_->Fill("{B}/counter-bare") + "\"]\n");
	EXPECT_EQ(Try("ok"), 1);
	EXPECT_EQ(reason(), "state_missing") << report_;
}

// A load that hangs: the state was dumped long before, and the old one has no part in it any more.
class HangingDryRunTest : public DryRunTest
{
      protected:
	Process BeginToHang()
	{
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		service_->SetFault("load_hang");
		service_->SetVersion(99);
		Process dry(Words(), SpawnOptions{{}, "", null, null});
		close(null);
		EXPECT_TRUE(Eventually([&] { return !Loading().empty(); })) << service_->log();
		service_->SetFault("ok");
		return dry;
	}
	std::string Loading() const
	{
		return ReadFile(service_->directory() + "/loading");
	}
};

TEST_F(HangingDryRunTest, TheOldOneServesMeanwhile)
{
	Begin({}, {"handoff.timeout: 60s"});
	Count();
	Process dry = BeginToHang();
	EXPECT_TRUE(counting_->More(100, Milliseconds(5000))) << service_->log();
	EXPECT_FALSE(dry.Ended());
	// Asked for meanwhile, done afterwards, and answered then.
	service_->SetVersion(++version_);
	Process reload = service_->ReloadMeanwhile();
	EXPECT_TRUE(Eventually([&] {
		return service_->log().find("a dry run is in hand: a swap follows it") !=
			std::string::npos;
	})) << service_->log();
	kill(std::stoi(Loading()), SIGKILL);
	EXPECT_EQ(dry.Wait(), 1);
	EXPECT_EQ(reload.Wait(), 0) << service_->log();
	EXPECT_TRUE(counting_->SawVersion("v2"));
	EXPECT_EQ(service_->Status()["swaps"]["committed"], 1);
	EXPECT_EQ(service_->Status()["swaps"]["rolled_back"], 0);
	ExpectExact();
}

// What it had dumped is old by then: the next start does not get it.
TEST_F(HangingDryRunTest, AStateThatIsOldByNowIsNotKept)
{
	Begin({}, {"handoff.timeout: 60s"});
	EXPECT_EQ(service_->Get(), "v1 1\n");
	Process dry = BeginToHang();
	EXPECT_EQ(service_->Get(), "v1 2\n");
	kill(service_->ProgramPid(), SIGKILL);
	EXPECT_EQ(dry.Wait(), 1);
	EXPECT_EQ(service_->Get(), "v99 1\n") << service_->log();
}

} // namespace aet
