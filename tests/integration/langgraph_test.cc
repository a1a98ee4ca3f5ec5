// An agent of LangGraph, its checkpoints in memory, by name and over swaps: what a conversation was
// is the same afterwards, checkpoint by checkpoint, and goes on. For `make test-langgraph`, which
// installs what it needs.

#include "counter_service.h"

namespace aet
{

static const std::vector<std::string> kAgent = {
	"{B}/../venv_langgraph/bin/python", "{T}/../../examples/langgraph_agent.py"};
static constexpr char kState[] = "handoff.state: [{langgraph: \"langgraph_agent:SAVER\"}]";
static constexpr char kParts[] =
	"handoff.state: [\"langgraph_agent:SAVER.storage\", \"langgraph_agent:SAVER.writes\", "
	"\"langgraph_agent:SAVER.blobs\"]";
static constexpr size_t kPerTurn = 3; // checkpoints, as in the example

class LangGraphTest : public CounterTest, public testing::WithParamInterface<const char *>
{
      protected:
	void BeginWith(const std::string &state)
	{
		CountingShape shape;

		Begin({},
			{std::string("handoff.mechanism: ") + GetParam(), state,
				"service.ready_after: 100ms"},
			kAgent);
		// A turn takes some milliseconds, one after the other.
		shape.gap_ms = 400;
		shape.per_second = 20;
		Count(shape);
	}
	nlohmann::json Ask(const std::string &path)
	{
		std::string said = service_->Get(path);
		nlohmann::json answer = nlohmann::json::parse(said, nullptr, false);

		EXPECT_FALSE(answer.is_discarded()) << path << ": " << said << service_->log();
		return answer;
	}
	// The newest first.
	nlohmann::json History(const std::string &name)
	{
		return Ask("/" + name + "/history");
	}
};

TEST_P(LangGraphTest, HistoriesAreEqualAndGrowOn)
{
	BeginWith(kState);
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(Ask("/ann")["count"], i + 1);
	nlohmann::json before = History("ann");
	ASSERT_EQ(before.size(), 4 * kPerTurn) << before;

	for (int swap = 1; swap <= 3; swap++) {
		SCOPED_TRACE(swap);
		nlohmann::json pid = Ask("/bob")["pid"];
		Output reload = service_->Reload();
		ASSERT_EQ(reload.code, 0) << reload.err << service_->log();
		EXPECT_GE(service_->Status()["last_swap"]["connections_moved"], 16);

		EXPECT_EQ(History("ann"), before);
		EXPECT_EQ(Ask("/ann")["count"], 4 + swap);
		nlohmann::json after = History("ann");
		ASSERT_EQ(after.size(), before.size() + kPerTurn) << after;
		EXPECT_EQ(nlohmann::json(after.begin() + kPerTurn, after.end()), before);
		before = after;

		// One that was never there: the defaults are made by the new version.
		nlohmann::json first = Ask("/new" + std::to_string(swap));
		EXPECT_EQ(first["count"], 1) << first;
		EXPECT_EQ(first["sum"], first["expected"]) << first;
		EXPECT_NE(first["pid"], pid);
		EXPECT_TRUE(counting_->More(50));
	}
	Tally tally = ExpectExact();
	EXPECT_EQ(tally.versions.size(), 4u) << tally.Text();
}

// Its dictionaries by name, as before there was a preset: all of them.
TEST_P(LangGraphTest, AllItsPartsByNameAreTheSame)
{
	BeginWith(kParts);
	EXPECT_EQ(Ask("/ann")["count"], 1);
	nlohmann::json before = History("ann");
	ASSERT_EQ(service_->Reload().code, 0) << service_->log();
	EXPECT_EQ(History("ann"), before);
	EXPECT_EQ(Ask("/ann")["count"], 2);
	ExpectExact();
}

// The rest of it is functions; and half of it would be conversations whose words are gone.
TEST_P(LangGraphTest, TheSaverItselfAndAPartOfItAreRefusedWithThePreset)
{
	for (const char *name : {"SAVER", "SAVER.storage"}) {
		SCOPED_TRACE(name);
		BeginWith("handoff.state: [\"langgraph_agent:" + std::string(name) + "\"]");
		ExpectUndone("dump_failed", "name \"langgraph: langgraph_agent:SAVER\"");
		ExpectExact();
		counting_.reset();
		service_->Stop();
	}
}

static std::string Name(const testing::TestParamInfo<const char *> &info)
{
	return info.param;
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, LangGraphTest, testing::Values("shm", "pipe"), Name);

} // namespace aet
