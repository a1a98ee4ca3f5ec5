// What Python programs hold beside dictionaries, in a real server: what was accepted arrives, and
// what does not is refused with a sentence that says what to do, the old version serving on. All
// kinds of objects, without a server: `make test-objects`.

#include "counter_service.h"

namespace aet
{

static const std::vector<std::string> kAgent = {"/usr/bin/python3", "{T}/kinds_agent.py"};

class KindsTest : public CounterTest, public testing::WithParamInterface<const char *>
{
      protected:
	std::vector<std::string> Settings(
		const std::string &names, const std::string &exclude = "") const
	{
		std::vector<std::string> settings = {
			std::string("handoff.mechanism: ") + GetParam(),
			"handoff.state: [" + names + "]", "service.ready_after: 100ms"};

		if (!exclude.empty())
			settings.push_back("handoff.exclude: [" + exclude + "]");
		return settings;
	}
	void BeginWith(const std::string &names, const std::string &exclude = "")
	{
		Begin({}, Settings(names, exclude), kAgent);
	}
};

// The worker of the new version waits at the queue already when the jobs come, and the lock that the
// old version holds is free.
TEST_P(KindsTest, JobsThatWaitAreDoneByTheNextVersionsWorker)
{
	BeginWith("\"kinds_agent:JOBS\", \"kinds_agent:DONE\", \"kinds_agent:TURN\"");
	for (int i = 1; i <= 3; i++)
		EXPECT_EQ(service_->Get("/put"), "v1 " + std::to_string(i) + " wait\n");
	Swap();
	EXPECT_TRUE(Eventually([&] {
		return service_->Get("/jobs") == "v2 [1, 2, 3] done, 0 wait\n";
	})) << service_->Get("/jobs");
	service_->Get("/put");
	EXPECT_TRUE(Eventually([&] {
		return service_->Get("/jobs") == "v2 [1, 2, 3, 4] done, 0 wait\n";
	})) << service_->Get("/jobs");
	Swap();
	EXPECT_EQ(service_->Get("/jobs"), "v3 [1, 2, 3, 4] done, 0 wait\n");
}

TEST_P(KindsTest, AnAttributeThatCannotTravelIsTheNewVersionsOwn)
{
	BeginWith("\"kinds_agent:AGENT\"", "\"kinds_agent:AGENT.lock\"");
	EXPECT_EQ(service_->Get(), "v1 1\n");
	Swap();
	EXPECT_EQ(service_->Get(), "v2 2\n");
	Swap();
	EXPECT_EQ(service_->Get(), "v3 3\n");
}

TEST_P(KindsTest, WhatWouldArriveEmptyIsRefused)
{
	struct {
		const char *name;
		const char *reason;
		const char *sentence;
	} cases[] = {
		{"AGENT", "dump_failed",
			"kinds_agent:AGENT.lock: cannot pickle '_thread.lock' object: leave it out: "
			"handoff.exclude"},
		{"get_agent", "dump_failed", "a cached function travels without its cache"},
		{"answer", "dump_failed", "a function travels by its name alone"},
		{"Store", "dump_failed", "name kinds_agent:Store.sessions"},
		{"STORE", "load_failed", "kinds_agent:Store.sessions: the memory of a class"},
	};

	for (const auto &one : cases) {
		SCOPED_TRACE(one.name);
		BeginWith("\"kinds_agent:" + std::string(one.name) + "\"");
		EXPECT_EQ(service_->Get("/session"), "v1 1\n");
		ExpectUndone(one.reason, one.sentence);
		EXPECT_EQ(service_->Get(), "v1 2\n");
		service_->Stop();
	}
}

// ... and said before, once the program serves.
TEST_P(KindsTest, ANameThatLeadsToCodeIsSaidAtTheFirstStart)
{
	BeginWith("\"kinds_agent:STATE\", \"kinds_agent:get_agent\"");
	EXPECT_EQ(service_->Get(), "v1 1\n");
	EXPECT_TRUE(Eventually([&] {
		return service_->log().find(
			       "'kinds_agent:get_agent' leads nowhere: a cached function "
			       "travels without its cache") != std::string::npos;
	})) << service_->log();
}

// What the refusal says is done at once: the old version hears of it at the next reload.
TEST_P(KindsTest, WhatIsListedAfterARefusalIsLeftOut)
{
	BeginWith("\"kinds_agent:AGENT\"");
	EXPECT_EQ(service_->Get(), "v1 1\n");
	ExpectUndone("dump_failed", "kinds_agent:AGENT.lock");
	service_->WriteConfiguration(
		Settings("\"kinds_agent:AGENT\"", "\"kinds_agent:AGENT.lock\""));
	Swap();
	EXPECT_EQ(service_->Get(), "v2 2\n");
}

static std::string Name(const testing::TestParamInfo<const char *> &info)
{
	return info.param;
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, KindsTest, testing::Values("shm", "pipe"), Name);

} // namespace aet
