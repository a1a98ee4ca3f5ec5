// A launcher started with some of descriptors 0 to 2 closed: its own files must not get these
// numbers, or the log is written into them.

#include <gtest/gtest.h>

#include <climits>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "steps_service.h"

namespace aet
{

static std::string FileOf(pid_t pid, int fd)
{
	std::string link = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd);
	char target[PATH_MAX];
	ssize_t length = readlink(link.c_str(), target, sizeof(target));

	return length < 0 ? "closed" : std::string(target, static_cast<size_t>(length));
}

// The page that launcher and library share, as the launcher has it open.
static std::string Page(pid_t launcher)
{
	for (int fd = 0; fd < 64; fd++)
		if (FileOf(launcher, fd).find("aeterna-phase") != std::string::npos)
			return ReadFile(
				"/proc/" + std::to_string(launcher) + "/fd/" + std::to_string(fd));
	return "";
}

// Bit n of the parameter: descriptor n is closed.
class StandardFdsTest : public testing::TestWithParam<int>
{
      protected:
	bool IsClosed(int fd) const
	{
		return GetParam() >> fd & 1;
	}

	void Start(Service *service)
	{
		std::string words = "exec \"$@\"";
		int log = open((service->directory() + "/log").c_str(),
			O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0644);

		for (int fd = 0; fd <= 2; fd++)
			if (IsClosed(fd))
				words += " " + std::to_string(fd) + ">&-";
		service->launcher() = Process(
			{"sh", "-c", words, "sh", Launcher(), "-v", "-c", service->configuration()},
			SpawnOptions{{service->Fill("DIR={D}"), service->Fill("PORT={P}"),
					     service->Fill("VERSION_FILE={D}/version")},
				service->directory(), log, log});
		close(log);
	}
};

TEST_P(StandardFdsTest, LauncherServesAndSwaps)
{
	Service service(kSteps);

	service.SetSteps("open:0");
	Start(&service);
	ASSERT_TRUE(service.WaitForState("running")) << service.log();
	service.SetVersion(2);
	service.launcher().Signal(SIGHUP);
	ASSERT_TRUE(Eventually([&] { return service.StatusText("result") == "committed"; }))
		<< service.log();
	EXPECT_EQ(Starts(service), "v2");

	for (int fd = 0; fd <= 2; fd++) {
		std::string expected = IsClosed(fd) ? "/dev/null"
			: fd == 0                   ? FileOf(getpid(), 0)
						    : service.directory() + "/log";

		EXPECT_EQ(FileOf(service.launcher().pid(), fd), expected) << fd;
		EXPECT_EQ(FileOf(service.ProgramPid(), fd), expected) << fd;
	}
	std::string page = Page(service.launcher().pid());
	uint64_t magic = 0;

	ASSERT_GE(page.size(), sizeof(magic));
	memcpy(&magic, page.data(), sizeof(magic));
	EXPECT_EQ(magic, 0x4547415041455441u);
	EXPECT_EQ(page.find("aeterna"), std::string::npos);
	// Not by Stop(), which learns from the log how many descriptors there may be.
	std::vector<pid_t> processes = DescendantsOf(service.launcher().pid());

	service.launcher().Signal(SIGTERM);
	EXPECT_EQ(service.launcher().Wait(), 128 + SIGTERM);
	EXPECT_EQ(LeftBehind(processes, service.directory()), "");
}

INSTANTIATE_TEST_SUITE_P(Closed, StandardFdsTest, testing::Range(1, 8), [](const auto &closed) {
	std::string name;

	for (int fd = 0; fd <= 2; fd++)
		if (closed.param >> fd & 1)
			name += std::to_string(fd);
	return name;
});

} // namespace aet
