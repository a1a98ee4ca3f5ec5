// `check` of a service that runs asks its processes what their state is, and disturbs nobody. A swap
// that would take too long is refused before anybody stands still.

#include "counter_service.h"
#include "hold.h"

#include <thread>

namespace aet
{

class CheckRunningTest : public testing::Test
{
      protected:
	void Begin(const std::string &names, const std::string &agent)
	{
		service_ = std::make_unique<Service>(
			Program{"memory", {"/usr/bin/python3", "{T}/memory.py", "{P}", "{D}"},
				{"http://127.0.0.1:{P}/"}, {}, false},
			std::vector<std::string>{
				"service.ready_after: 100ms", "handoff.state: [" + names + "]"});
		WriteFile(service_->directory() + "/first", "import agent\n");
		WriteFile(service_->directory() + "/agent.py", agent);
		service_->Start();
	}
	nlohmann::json Check(int code) const
	{
		Output check = service_->Command("check", true);

		EXPECT_EQ(check.code, code) << check.out << check.err << service_->log();
		return nlohmann::json::parse(check.out)["running"];
	}
	static nlohmann::json Of(const nlohmann::json &list, const std::string &name)
	{
		for (const nlohmann::json &one : list)
			if (one["name"] == name)
				return one;
		return nullptr;
	}

	std::unique_ptr<Service> service_;
};

TEST_F(CheckRunningTest, SaysWhatThereIs)
{
	Begin("\"agent:HISTORY\", \"agent:INDEX\"",
		"HISTORY = [{'n': n} for n in range(50)]\nINDEX = {}\nCACHE = {'a': 1}\n"
		"CONSTANT = {'b': 2}\ndef remember(key):\n    CACHE[key] = 1\n");
	nlohmann::json running = Check(0);

	EXPECT_EQ(running["ok"], true) << running;
	EXPECT_EQ(Of(running["values"], "agent:HISTORY")["type"], "list") << running;
	EXPECT_EQ(Of(running["values"], "agent:HISTORY")["objects"], 51) << running;
	EXPECT_GT(Of(running["values"], "agent:HISTORY")["bytes"], 100) << running;
	EXPECT_EQ(Of(running["values"], "agent:INDEX")["type"], "dict") << running;
	EXPECT_EQ(Of(running["suggestions"], "agent:CACHE")["objects"], 1) << running;
	EXPECT_TRUE(Of(running["suggestions"], "agent:CONSTANT").is_null()) << running;
	EXPECT_GT(running["pause_ms"], 0) << running;
	std::string text = service_->Command("check").out;
	EXPECT_NE(text.find("state: agent:HISTORY: list, "), std::string::npos) << text;
	EXPECT_NE(text.find("not named: agent:CACHE: dict, 1 objects"), std::string::npos) << text;
	EXPECT_NE(text.find("pause to expect: about "), std::string::npos) << text;
}

// With its path, and what to do; the others are described all the same.
TEST_F(CheckRunningTest, SaysWhatCannotTravel)
{
	Begin("\"agent:HISTORY\", \"agent:TOOLS\", \"agent:MISSING\"",
		"import threading\nHISTORY = [1]\nTOOLS = {'x': {'lock': threading.Lock()}}\n");
	nlohmann::json running = Check(1);
	std::string problem = Of(running["problems"], "agent:TOOLS")["text"];

	EXPECT_NE(problem.find("agent:TOOLS['x']['lock']: cannot pickle"), std::string::npos)
		<< problem;
	EXPECT_NE(problem.find("handoff.exclude"), std::string::npos) << problem;
	EXPECT_EQ(Of(running["values"], "agent:HISTORY")["type"], "list") << running;
	EXPECT_EQ(Of(running["names"], "agent:MISSING")["verdict"], "nowhere") << running;
}

// Clients are answered while a large state is looked at, and nothing is left behind.
TEST_F(CheckRunningTest, DisturbsNobody)
{
	Begin("\"agent:HISTORY\"", "HISTORY = [{'n': n} for n in range(100000)]\n");
	pid_t program = service_->ProgramPid();
	std::atomic<bool> over{false};
	double slowest_ms = 0;
	int answers = 0;
	std::thread client([&] {
		while (!over) {
			auto begun = std::chrono::steady_clock::now();

			EXPECT_EQ(service_->Get(), "v1\n");
			slowest_ms = std::max(slowest_ms,
				std::chrono::duration<double, std::milli>(
					std::chrono::steady_clock::now() - begun)
					.count());
			answers++;
		}
	});
	nlohmann::json running = Check(0);

	over = true;
	client.join();
	EXPECT_EQ(Of(running["values"], "agent:HISTORY")["objects"], 100001) << running;
	EXPECT_GT(running["pause_ms"], 20) << running;
	EXPECT_GT(answers, 10);
	EXPECT_LT(slowest_ms, 200);
	EXPECT_TRUE(ChildrenOf(program).empty());
	EXPECT_EQ(service_->ProgramPid(), program);
	std::cout << "pause to expect: " << running["pause_ms"] << " ms; slowest answer "
		  << slowest_ms << " ms of " << answers << "\n";
}

TEST_F(CheckRunningTest, HooksInCSayNothing)
{
	service_ = std::make_unique<Service>(CounterProgram({"{B}/counter"}, {}));
	service_->Start();
	Output check = service_->Command("check");

	EXPECT_EQ(check.code, 0) << check.err;
	EXPECT_NE(check.out.find("hooks that say nothing of it"), std::string::npos) << check.out;
}

TEST_F(CheckRunningTest, NobodyIsAskedWhereNothingRuns)
{
	service_ = std::make_unique<Service>(CounterProgram({"{B}/counter"}, {}));
	Output check = service_->Command("check", true);

	EXPECT_EQ(check.code, 0) << check.err;
	EXPECT_TRUE(nlohmann::json::parse(check.out)["running"].is_null()) << check.out;
}

// --- a swap that would take too long ---

class ForecastTest : public HoldTest
{
      protected:
	// A dump of half a second, which is measured.
	void BeginMeasured(const std::vector<std::string> &settings)
	{
		Begin(settings);
		Hold("dump");
		NextVersion();
		Asked reload = Ask("reload");
		AwaitAt("dump");
		std::this_thread::sleep_for(Milliseconds(500));
		LetGo();
		reload->Expect(0, "");
		ExpectServes(version_);
		ExpectRow("PROBATION TIMEOUT always prove FINISH");
	}
};

TEST_F(ForecastTest, IsRefusedBeforeAnybodyStandsStill)
{
	for (const char *overlap : {"true", "false"}) {
		std::string setting = std::string("handoff.overlap: ") + overlap;

		SCOPED_TRACE(overlap);
		version_ = 1;
		BeginMeasured({setting});
		Configure({setting, "handoff.timeout: 200ms"});
		Forget();
		NextVersion();
		Ask("reload")->Expect(1, "dump_timeout: the last dump took 0.5");
		EXPECT_FALSE(Took("GATE GATED hands_over await_quiet QUIET"));
		ExpectServes(--version_);
		Configure({setting, "handoff.timeout: 400ms"}); // not twice as long
		NextVersion();
		Ask("reload")->Expect(0, "");
		ExpectServes(version_);
	}
}

} // namespace aet
