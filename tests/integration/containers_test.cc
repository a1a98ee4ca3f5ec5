// Launchers in several containers that share one network namespace: a command reaches the one that it
// can see.

#include <gtest/gtest.h>

#include <csignal>
#include <unistd.h>

#include "service.h"

namespace aet
{

class ContainersTest : public testing::Test
{
      protected:
	void SetUp() override
	{
		WriteFile(configuration(),
			"service:\n  command: [\"sleep\", \"1000\"]\n  ready: started\n"
			"  ready_after: 10ms\n");
	}
	std::string configuration() const
	{
		return directory_.path() + "/aeterna.yaml";
	}
	// In a pid namespace of its own, with the same files.
	std::vector<std::string> Contained(std::vector<std::string> words) const
	{
		std::vector<std::string> command = {
			"unshare", "--fork", "--pid", "--mount-proc", "--kill-child", Launcher()};

		if (geteuid() != 0)
			command.insert(command.begin() + 1, {"--user", "--map-root-user"});
		command.insert(command.end(), words.begin(), words.end());
		return command;
	}
	// As `docker exec` does it.
	Output Within(pid_t launcher, std::vector<std::string> words) const
	{
		std::vector<std::string> command = {"nsenter", "--target", std::to_string(launcher),
			"--pid", "--mount", Launcher()};

		command.insert(command.end(), words.begin(), words.end());
		return aet::Run(command);
	}
	// The end of process 1 kills the command, too, which may have just been answered:
	// pid_namespaces(7).
	static bool HasStopped(int code)
	{
		return code == 0 || code == 128 + SIGKILL;
	}
	Process Launch()
	{
		return Process(Contained({"-c", configuration()}), {{}, directory_.path(), -1, -1});
	}
	pid_t LauncherOf(const Process &container) const
	{
		EXPECT_TRUE(Eventually([&] { return ChildrenOf(container.pid()).size() == 1; }));
		pid_t launcher = ChildrenOf(container.pid()).at(0);
		EXPECT_TRUE(Eventually([&] {
			return Within(launcher, {"status", "-c", configuration()}).code == 0;
		}));
		return launcher;
	}

	TemporaryDirectory directory_;
};

TEST_F(ContainersTest, StopReachesTheOneOfItsOwnContainer)
{
	if (geteuid() != 0)
		GTEST_FAIL() << "nsenter takes root";
	Process one = Launch();
	Process two = Launch();
	pid_t first = LauncherOf(one);
	pid_t second = LauncherOf(two);

	EXPECT_TRUE(HasStopped(Within(second, {"stop", "-c", configuration()}).code));
	EXPECT_GE(two.Wait(), 0);
	EXPECT_EQ(Within(first, {"status", "-c", configuration()}).code, 0);
	EXPECT_EQ(Within(first, {"status", "--pid", "1"}).code, 0);
	// From outside, where its process can be seen.
	EXPECT_EQ(aet::Run({Launcher(), "status", "-c", configuration()}).code, 0);
	EXPECT_EQ(aet::Run({Launcher(), "status", "--pid", std::to_string(first)}).code, 0);
	// From beside it, where it cannot.
	Output stranger = aet::Run(Contained({"stop", "-c", configuration()}));
	EXPECT_EQ(stranger.code, 69);
	EXPECT_NE(stranger.err.find("that launcher is in another container"), std::string::npos)
		<< stranger.err;
	EXPECT_EQ(aet::Run(Contained({"stop", "--pid", "1"})).code, 69);
	EXPECT_EQ(Within(first, {"status", "-c", configuration()}).code, 0);
	EXPECT_TRUE(HasStopped(Within(first, {"stop", "--pid", "1"}).code));
	EXPECT_GE(one.Wait(), 0);
}

} // namespace aet
