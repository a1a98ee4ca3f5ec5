// Every interpreter in AET_PYTHONS: the module's own tests, and a program that counts swapped under
// the launcher, its state by name; then one service that goes from each to the next. For
// `make test-pythons`, which fetches the interpreters.

#include "counter_service.h"

#include <cstdlib>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace aet
{

static std::vector<std::string> Interpreters()
{
	const char *listed = getenv("AET_PYTHONS");
	std::istringstream words(listed ? listed : "");
	std::vector<std::string> paths;

	for (std::string path; words >> path;)
		paths.push_back(path);
	if (paths.empty())
		throw std::runtime_error("AET_PYTHONS names no interpreter");
	return paths;
}

// "3.13.5", of the implementation that this is all about.
static std::string VersionOf(const std::string &path)
{
	Output said = Run({path, "-c",
		"import platform as p; print(p.python_implementation(), p.python_version())"});
	std::istringstream words(said.out);
	std::string implementation;
	std::string version;

	words >> implementation >> version;
	if (said.code || implementation != "CPython")
		throw std::runtime_error(path + ": " + said.out + said.err);
	return version;
}

class PythonTest : public CounterTest, public testing::WithParamInterface<std::string>
{
      protected:
	// With `command` as the interpreter.
	void BeginWith(const std::string &command, const std::string &mechanism)
	{
		Begin({},
			{"handoff.mechanism: " + mechanism,
				"handoff.state: [\"counter_asyncio:STATE\"]",
				"service.ready_after: 100ms"},
			{command, "{T}/counter_asyncio.py"});
		Count();
	}
	void SwapAndSeeThemMove()
	{
		Swap();
		nlohmann::json last = service_->Status()["last_swap"];
		EXPECT_GE(last["state_bytes"], 4096) << last;
		EXPECT_GE(last["connections_moved"], 16) << last;
		EXPECT_TRUE(counting_->More(100));
	}
	void GoOnBy(const std::string &mechanism)
	{
		BeginWith(GetParam(), mechanism);
		for (int i = 0; i < 3; i++)
			SwapAndSeeThemMove();
		Tally tally = ExpectExact();
		EXPECT_EQ(tally.versions.size(), 4u) << tally.Text();
	}
};

TEST_P(PythonTest, PassesTheModulesOwnTests)
{
	Output said = aet::Run({"tests/python/run.sh", GetParam()});

	std::cout << VersionOf(GetParam()) << ": " << said.out;
	EXPECT_EQ(said.code, 0) << said.err;
	EXPECT_EQ(said.out.find("SKIPPED"), std::string::npos) << said.out;
	EXPECT_NE(said.out.find("PASSED"), std::string::npos) << said.out;
}

TEST_P(PythonTest, GoesOnByShm)
{
	GoOnBy("shm");
}

TEST_P(PythonTest, GoesOnByPipe)
{
	GoOnBy("pipe");
}

static std::string VersionName(const testing::TestParamInfo<std::string> &info)
{
	return Identifier(VersionOf(info.param));
}

INSTANTIATE_TEST_SUITE_P(Versions, PythonTest, testing::ValuesIn(Interpreters()), VersionName);

// A link that the launcher follows anew at each generation: the interpreter is what changes.
class UpgradeTest : public PythonTest
{
      protected:
	void Take(const std::string &interpreter)
	{
		std::string link = directory_.path() + "/python";

		unlink(link.c_str());
		ASSERT_EQ(symlink(interpreter.c_str(), link.c_str()), 0);
	}

	TemporaryDirectory directory_;
};

TEST_P(UpgradeTest, TheStateGoesFromEachToTheNextAndBack)
{
	std::vector<std::string> paths = Interpreters();

	for (size_t left = paths.size() - 1; left > 0; left--)
		paths.push_back(paths[left - 1]);
	Take(paths[0]);
	BeginWith(directory_.path() + "/python", GetParam());
	for (size_t i = 1; i < paths.size(); i++) {
		SCOPED_TRACE(paths[i - 1] + " to " + paths[i]);
		Take(paths[i]);
		SwapAndSeeThemMove();
	}
	Tally tally = ExpectExact();
	EXPECT_EQ(tally.versions.size(), paths.size()) << tally.Text();
}

static std::string MechanismName(const testing::TestParamInfo<std::string> &info)
{
	return info.param;
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, UpgradeTest, testing::Values("shm", "pipe"), MechanismName);

} // namespace aet
