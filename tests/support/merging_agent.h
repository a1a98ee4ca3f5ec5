// A streaming agent with on_busy: merge: what is remembered when every answer has ended.
#ifndef AET_TESTS_MERGING_AGENT_H
#define AET_TESTS_MERGING_AGENT_H

#include <cstdlib>
#include <iostream>
#include <map>

#include "streaming_agent.h"

namespace aet
{

class MergeTest : public AgentTest
{
      protected:
	static std::string StreamS(const char *otherwise)
	{
		const char *stream_s = getenv("AET_STREAM_S");

		return std::string("STREAM_S=") + (stream_s ? stream_s : otherwise);
	}
	// One thing of status's "merge".
	int Merge(const std::string &what) const
	{
		return service_->Status()["merge"][what];
	}
	bool NothingPending() const
	{
		return Eventually([&] { return Merge("pending") == 0; }, Milliseconds(60000));
	}
	// What is kept for the case that the new one dies is kept no more.
	void EndProbation(std::vector<std::string> settings)
	{
		settings.push_back("service.ready_after: 100ms");
		service_->WriteConfiguration(settings);
		SwapNow();
	}
	// Every turn of the relay's, once.
	void ExpectAllRemembered(const std::vector<Told> &told)
	{
		nlohmann::json history = History();
		nlohmann::json turns = nlohmann::json::parse(service_->Get("/turns"))["turns"];
		std::map<std::string, int> found;
		int asked = 0;

		for (const nlohmann::json &turn : turns) {
			if (turn["role"] == "user")
				asked++;
			else
				found[turn["text"]]++;
		}
		EXPECT_EQ(history["asked"], told.size()) << history << service_->log();
		EXPECT_EQ(history["answered"], told.size()) << history << service_->log();
		EXPECT_EQ(asked, static_cast<int>(told.size()));
		EXPECT_EQ(found.size(), told.size());
		for (const auto &[text, times] : found)
			EXPECT_EQ(times, 1) << text;
	}
	void Talk(int swaps)
	{
		unsigned drained = 0;

		Count();
		Relay relay(url());
		ASSERT_TRUE(relay.More(2)) << service_->log();
		for (int i = 0; i < swaps; i++) {
			SwapNow();
			EXPECT_GE(Last()["answers_drained"], 1) << Last();
			EXPECT_EQ(Last()["answers_cut"], 0) << Last();
			drained += Last()["answers_drained"].get<unsigned>();
			EXPECT_TRUE(counting_->More(20));
			EXPECT_TRUE(relay.More(2)) << service_->log();
		}
		std::vector<Told> told = relay.Finish();
		for (const Told &one : told)
			EXPECT_TRUE(one.whole && one.exact) << one.Text() << service_->log();
		EXPECT_EQ(relay.reopened(), 0);
		EXPECT_TRUE(NothingPending()) << service_->Status() << service_->log();
		ExpectAllRemembered(told);
		EXPECT_EQ(Merge("set_aside"), 0) << service_->log();
		EXPECT_EQ(Merge("lost"), 0) << service_->log();
		Tally tally = ExpectExact();
		std::cout << told.size() << " streams, " << drained
			  << " of them finished by an older generation, 0 cut; " << tally.answers
			  << " other answers, the slowest " << tally.slowest_ms << " ms; "
			  << service_->Status()["merge"] << "\n";
	}
	static std::vector<std::string> MechanismAnd(const std::string &mechanism)
	{
		std::vector<std::string> all = ShortWaits("merge");

		all.push_back("handoff.mechanism: " + mechanism);
		return all;
	}
};

} // namespace aet

#endif
