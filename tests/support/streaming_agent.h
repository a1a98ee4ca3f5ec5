// examples/streaming_agent.py under a launcher, as it is or with `import aeterna`.
#ifndef AET_TESTS_STREAMING_AGENT_H
#define AET_TESTS_STREAMING_AGENT_H

#include <filesystem>
#include <string>
#include <vector>

#include "counter_service.h"
#include "streaming_clients.h"

namespace aet
{

// Waits that are shorter than an answer, before the gate and after it.
inline std::vector<std::string> ShortWaits(const std::string &on_busy)
{
	return {"handoff.on_busy: " + on_busy, "handoff.settle_timeout: 100ms",
		"handoff.timeout: 200ms"};
}

class AgentTest : public CounterTest
{
      protected:
	// Not a line of the agent knows of us.
	void BeginUnmodified(
		const std::vector<std::string> &settings, const std::vector<std::string> &env)
	{
		std::vector<std::string> all = settings;

		all.push_back("handoff.mechanism: pipe");
		all.push_back("handoff.state: [\"streaming_agent:HISTORY\"]");
		BeginAgent(all, env);
	}
	// It says what touches the history no more, and what else does.
	void BeginWithModule(
		const std::vector<std::string> &settings, const std::vector<std::string> &env)
	{
		std::vector<std::string> all = env;

		all.push_back("MODULE=1");
		all.push_back("PYTHONPATH=" + std::filesystem::current_path().string() + "/python");
		BeginAgent(settings, all);
	}
	void BeginAgent(
		const std::vector<std::string> &settings, const std::vector<std::string> &env)
	{
		std::vector<std::string> all = settings;

		all.push_back("service.ready_after: 100ms");
		Begin(env, all, {"/usr/bin/python3", "{T}/../../examples/streaming_agent.py"});
		first_ = static_cast<int>(service_->ProgramPid());
	}
	std::string url() const
	{
		return service_->urls()[0];
	}
	nlohmann::json History() const
	{
		return nlohmann::json::parse(service_->Get("/history"), nullptr, false);
	}
	nlohmann::json Last() const
	{
		return service_->Status()["last_swap"];
	}
	int InFlight() const
	{
		return service_->Status()["connections"]["in_flight"];
	}
	bool Logged(const std::string &line) const
	{
		return service_->log().find(line) != std::string::npos;
	}
	// A swap that goes through; who serves then.
	int SwapNow()
	{
		Output reload = service_->Reload();

		EXPECT_EQ(reload.code, 0) << reload.err << service_->log();
		return static_cast<int>(service_->ProgramPid());
	}
	void ExpectWhole(const Told &told, int pid)
	{
		EXPECT_TRUE(told.whole && told.exact) << told.Text() << service_->log();
		EXPECT_EQ(told.pid, pid) << told.Text();
	}
	// The connection, idle now, is this one's.
	void ExpectNext(const Connection &connection, int pid)
	{
		Stream next(&connection);

		EXPECT_TRUE(next.Began()) << service_->log();
		EXPECT_EQ(next.pid(), pid);
	}
	// Nothing of an older one is left, long before drain_timeout.
	void ExpectOldGone()
	{
		EXPECT_TRUE(Eventually([&] { return service_->Status()["draining"].empty(); },
			Milliseconds(10000)))
			<< service_->Status();
	}

	int first_ = 0; // who serves at the beginning
};

} // namespace aet

#endif
