// A bad new version rolls the swap back under load: `reload` says so, the old version answers on,
// no request fails, and the next good version is taken. rollback_killed_test.cc has good versions
// that are killed.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <thread>

#include "samples.h"
#include "service.h"

namespace aet
{

static const std::string kPrograms[] = {"asyncio", "epoll"};

struct Fault {
	const char *mode;
	std::vector<std::string> reasons;
};

static const Fault kFaults[] = {
	{"exit1", {"exited"}},
	{"crash", {"killed"}},
	{"hang", {"never_bound", "start_timeout"}},
	{"metrics_first", {"listener_missing", "never_bound"}},
};

class RollbackTest : public testing::TestWithParam<std::string>
{
      protected:
	void SetUp() override
	{
		service_ = std::make_unique<Service>(ProgramNamed(GetParam()),
			std::vector<std::string>{
				"service.start_timeout: 1500ms", "handoff.drain_timeout: 3s"});
		service_->Start();
		load_ = std::make_unique<Load>(
			service_->urls(), std::vector<std::string>{"--ramp", "1s", "--raw", raw()});
		ASSERT_TRUE(load_->established()) << load_->log();
	}
	std::string raw() const
	{
		return service_->directory() + "/raw";
	}
	void ExpectUndone(const std::vector<std::string> &reasons)
	{
		std::string reason = service_->StatusText("reason");
		std::string body = service_->Get();

		EXPECT_EQ(service_->StatusText("result"), "rolled_back");
		EXPECT_NE(std::count(reasons.begin(), reasons.end(), reason), 0) << reason;
		EXPECT_NE(service_->StatusText("detail"), "");
		EXPECT_EQ(body.compare(0, 3, "v1 "), 0) << body;
		EXPECT_TRUE(service_->WaitForState("running", Milliseconds(1000)));
	}
	void ExpectRefused(const Output &reload)
	{
		EXPECT_EQ(reload.code, 1) << service_->log();
		EXPECT_EQ(std::count(reload.err.begin(), reload.err.end(), '\n'), 1) << reload.err;
		EXPECT_NE(reload.err.find(service_->StatusText("reason")), std::string::npos)
			<< reload.err;
	}
	void SwapToGoodVersion()
	{
		service_->SetFault("ok");
		service_->SetVersion(3);
		Output reload = service_->Reload();
		EXPECT_EQ(reload.code, 0) << reload.err << service_->log();
		EXPECT_TRUE(load_->SawVersion("v3"));
	}
	void ExpectNothingFailed()
	{
		nlohmann::json report = load_->Finish();

		EXPECT_EQ(report["new"]["failed"], 0) << Failures(report) << service_->log();
		for (const nlohmann::json &version : report["versions"])
			EXPECT_NE(version["version"], "v2");
	}
	// The process of the new generation, once it is there.
	pid_t Candidate(pid_t old)
	{
		pid_t found = -1;
		auto there = [&] {
			for (pid_t pid : ChildrenOf(service_->launcher().pid()))
				if (pid != old && StateOf(pid) == 'S')
					found = pid;
			return found > 0;
		};

		EXPECT_TRUE(Eventually(there));
		return found;
	}

	std::unique_ptr<Service> service_;
	std::unique_ptr<Load> load_;
};

TEST_P(RollbackTest, FaultyVersionsOneAfterTheOther)
{
	service_->SetVersion(2);
	for (const Fault &fault : kFaults) {
		SCOPED_TRACE(fault.mode);
		service_->SetFault(fault.mode);
		ExpectRefused(service_->Reload());
		ExpectUndone(fault.reasons);
	}
	EXPECT_EQ(service_->Status()["swaps"]["rolled_back"], std::size(kFaults));
	SwapToGoodVersion();
	ExpectNothingFailed();
}

TEST_P(RollbackTest, BadConfigurationOnDisk)
{
	std::string good = ReadFile(service_->configuration());
	pid_t old = service_->ProgramPid();

	service_->SetVersion(2);
	for (const char *bad : {"service: [", "service:\n  comand: [\"x\"]\n", "\x01\x02\xff"}) {
		SCOPED_TRACE(bad);
		WriteFile(service_->configuration(), bad);
		ExpectRefused(service_->Reload());
		ExpectUndone({"bad_config"});
	}
	WriteFile(service_->configuration(),
		"service:\n  command: [\"" + service_->directory() + "/nothing\"]\n");
	ExpectRefused(service_->Reload());
	ExpectUndone({"not_found"});
	EXPECT_EQ(service_->ProgramPid(), old);
	WriteFile(service_->configuration(), good);
	SwapToGoodVersion();
	ExpectNothingFailed();
}

static std::string Name(const testing::TestParamInfo<std::string> &info)
{
	std::string name = info.param;

	std::replace(name.begin(), name.end(), '-', '_');
	return name;
}

INSTANTIATE_TEST_SUITE_P(Programs, RollbackTest, testing::ValuesIn(kPrograms), Name);

// Any program, its new version made bad from outside (tests/programs/faulty.c).
class FaultyTest : public RollbackTest
{
      protected:
	void RunFaulty(const std::string &fault, const std::string &start_timeout)
	{
		service_->RunBy({"{B}/faulty", fault},
			{"service.start_timeout: " + start_timeout, "handoff.drain_timeout: 3s"});
	}
	void ExpectUndoneAs(const std::vector<std::string> &reasons)
	{
		std::string reason = service_->StatusText("reason");

		EXPECT_EQ(service_->StatusText("result"), "rolled_back");
		EXPECT_NE(std::count(reasons.begin(), reasons.end(), reason), 0) << reason;
		EXPECT_TRUE(service_->WaitForState("running", Milliseconds(1000)));
	}
	size_t Taken() const
	{
		return ReadFile(service_->directory() + "/taken").size();
	}
};

TEST_P(FaultyTest, IsUndoneWhateverIsWrongWithIt)
{
	pid_t old = service_->ProgramPid();

	long long start = Now();
	RunFaulty("exit1", "20s");
	ExpectRefused(service_->Reload());
	ExpectUndoneAs({"exited"});
	RunFaulty("hang", "300ms");
	ExpectRefused(service_->Reload());
	ExpectUndoneAs({"never_bound", "start_timeout"});
	RunFaulty("metrics_first", "300ms");
	ExpectRefused(service_->Reload());
	ExpectUndoneAs({"listener_missing", "never_bound", "start_timeout"});
	RunFaulty("hang", "20s");
	Process reload = service_->ReloadMeanwhile();
	pid_t candidate = Candidate(old);
	ASSERT_GT(candidate, 0);
	kill(candidate, SIGKILL);
	EXPECT_EQ(reload.Wait(), 1);
	ExpectUndoneAs({"killed"});
	EXPECT_EQ(service_->ProgramPid(), old);
	// The last one takes what it took with it, and nothing else failed all the time.
	RunFaulty("first_request", "20s");
	ExpectRefused(service_->Reload());
	ExpectUndoneAs({"exited_after_commit"});
	service_->RunBy({}, {"handoff.drain_timeout: 3s"});
	service_->SetVersion(3);
	Output good = service_->Reload();
	EXPECT_EQ(good.code, 0) << good.err << service_->log();
	EXPECT_TRUE(load_->SawVersion(service_->Version()));
	nlohmann::json report = load_->Finish();
	EXPECT_GT(Taken(), 0u);
	EXPECT_LE(static_cast<size_t>(NewFailedSince(Samples(raw(), report), start)), Taken())
		<< Failures(report) << service_->log();
	RecordProperty("failed_keepalive", report["keepalive"]["failed"].get<int>());
}

static std::vector<std::string> InterposedPrograms()
{
	std::vector<std::string> names;

	for (const std::string &name : ProgramNames())
		if (name != "go_server" && name != "rust_server")
			names.push_back(name);
	return names;
}

INSTANTIATE_TEST_SUITE_P(Programs, FaultyTest, testing::ValuesIn(InterposedPrograms()), Name);

} // namespace aet
