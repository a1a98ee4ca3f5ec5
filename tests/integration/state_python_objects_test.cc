// The state of Python programs that never ask for it by its name: other objects hold it, and the new
// version has a field more, or another type.

#include "counter_service.h"

namespace aet
{

struct Holding {
	const char *holder;
	bool is_kept; // by aeterna.keep(), not by name
	const char *mechanism;
};

class HoldersTest : public CounterTest
{
      protected:
	void BeginHeld(const Holding &holding, const std::string &other = "slice")
	{
		std::vector<std::string> env = {
			std::string("HOLDER=") + holding.holder, "HOLDER_99=" + other};
		std::vector<std::string> settings = {
			std::string("handoff.mechanism: ") + holding.mechanism,
			"service.ready_after: 100ms"};

		if (holding.is_kept)
			env.push_back("KEEP=1");
		else
			settings.push_back("handoff.state: [\"counter_holders:STATE\"]");
		Begin(env, settings, {"/usr/bin/python3", "{T}/counter_holders.py"});
	}
};

class HoldingsTest : public HoldersTest, public testing::WithParamInterface<Holding>
{
};

TEST_P(HoldingsTest, GoOnWithWhatArrived)
{
	BeginHeld(GetParam());
	Count();
	for (int i = 0; i < 3; i++) {
		Swap();
		EXPECT_TRUE(counting_->More(50));
	}
	ExpectExact();
}

static std::string Name(const testing::TestParamInfo<Holding> &info)
{
	return std::string(info.param.holder) + (info.param.is_kept ? "_kept_" : "_named_") +
		info.param.mechanism;
}

INSTANTIATE_TEST_SUITE_P(Holders, HoldingsTest,
	testing::Values(Holding{"attribute", false, "shm"}, Holding{"attribute", true, "pipe"},
		Holding{"tuple", false, "pipe"}, Holding{"tuple", true, "shm"},
		Holding{"bound", false, "shm"}, Holding{"bound", true, "shm"},
		Holding{"closure", false, "shm"}, Holding{"closure", true, "shm"},
		Holding{"part", false, "shm"}, Holding{"part", false, "pipe"},
		Holding{"part", true, "shm"}, Holding{"tools", false, "shm"},
		Holding{"tools", false, "pipe"}, Holding{"tools", true, "shm"}),
	Name);

TEST_F(HoldersTest, AHolderThatCannotBeChangedIsNamed)
{
	for (bool is_kept : {false, true}) {
		BeginHeld({"attribute", is_kept, "shm"});
		Count();
		ExpectUndone("load_failed", "itertools.islice");
		Swap();
		ExpectExact();
	}
}

TEST_F(HoldersTest, AnotherTypeIsRefusedWithBoth)
{
	BeginHeld({"part", false, "shm"}, "list");
	Count();
	ExpectUndone("load_failed", "it was a dict, this version has a list");
	ExpectExact();
}

TEST_F(HoldersTest, ADryRunSaysWhatIsNewAndWhatHasAnotherType)
{
	BeginHeld({"part", false, "shm"}, "list");
	EXPECT_EQ(service_->Get(), "v1 1\n");
	service_->SetVersion(2);
	std::vector<std::string> words = {
		Launcher(), "check", "--dry-run", "-c", service_->configuration()};
	Output good = aet::Run(words);
	EXPECT_EQ(good.code, 0) << good.out << good.err;
	EXPECT_NE(service_->log().find("counter_holders:STATE: new here: step"), std::string::npos)
		<< service_->log();
	service_->SetVersion(99);
	Output bad = aet::Run(words);
	EXPECT_EQ(bad.code, 1) << bad.out << bad.err;
	EXPECT_NE((bad.out + bad.err).find("it was a dict, this version has a list"),
		std::string::npos)
		<< bad.out << bad.err;
	EXPECT_EQ(service_->Get(), "v1 2\n");
}

class TwinsTest : public CounterTest
{
};

TEST_F(TwinsTest, TheOneThatCountsGoesOn)
{
	Begin({}, {"handoff.state: [\"counter_twice:STATE\"]", "service.ready_after: 100ms"},
		{"/usr/bin/python3", "{T}/counter_twice.py"});
	Count();
	for (int i = 0; i < 3; i++) {
		Swap();
		EXPECT_TRUE(counting_->More(50));
	}
	ExpectExact();
}

// Memory that nobody has named, beside what was.
class BesideTest : public CounterTest, public testing::WithParamInterface<const char *>
{
};

TEST_P(BesideTest, GoesOnToo)
{
	Begin({std::string("PLACE=") + GetParam()},
		{"handoff.state: [\"counter_memory:STATE\"]", "service.ready_after: 100ms"},
		{"/usr/bin/python3", "{T}/counter_memory.py"});
	Count();
	for (int i = 0; i < 3; i++) {
		Swap();
		EXPECT_TRUE(counting_->More(50));
	}
	ExpectExact();
}

INSTANTIATE_TEST_SUITE_P(Places, BesideTest, testing::Values("key", "class", "counter", "alias"),
	[](const auto &info) { return std::string(info.param); });

} // namespace aet
