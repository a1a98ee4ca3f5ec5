// What stands between the launcher and the program: a user that it becomes, a wrapper that starts
// it, other preload libraries. A launcher without privileges: unprivileged_test.cc.

#include <gtest/gtest.h>

#include <sys/stat.h>

#include "steps_service.h"

namespace aet
{

// --- chroot and users ---

class UserTest : public testing::TestWithParam<const char *>
{
};

TEST_P(UserTest, SwapsAndRollsBack)
{
	Service service(kSteps, {"service.start_timeout: 1s", "handoff.drain_timeout: 1s"});
	std::string steps = GetParam();
	struct stat st = {};

	service.SetSteps(steps);
	service.Start();
	Load load(service.urls());
	ASSERT_TRUE(load.established());
	for (int number = 2; number <= 3; number++)
		SwapTo(&service, number);
	for (const char *fault : {" exit:3", " hang"}) {
		service.SetVersion(4);
		service.SetSteps(steps + fault);
		EXPECT_EQ(service.Reload().code, 1) << fault;
		EXPECT_EQ(Starts(service), "v3");
	}
	stat(("/proc/" + std::to_string(service.ProgramPid())).c_str(), &st);
	service.SetSteps(steps);
	SwapTo(&service, 5);
	std::string status = ReadFile("/proc/" + std::to_string(service.ProgramPid()) + "/status");
	EXPECT_NE(status.find("\nUid:\t65534\t65534"), std::string::npos) << status;
	nlohmann::json report = load.Finish();
	EXPECT_EQ(report["new"]["failed"], 0) << Failures(report) << service.log();
}

INSTANTIATE_TEST_SUITE_P(Drops, UserTest,
	testing::Values("open:0 chroot:{D}/www user:65534", "chroot:{D}/www user:65534 open:0",
		"open:0 user:65534", "user:65534 open:0", "socket bind:0 user:65534 listen"));

template <typename T> static std::string Name(const testing::TestParamInfo<T> &info)
{
	return info.param.name;
}

// --- wrappers ---

struct Wrapper {
	const char *name;
	std::vector<std::string> command;
};

class WrapperTest : public testing::TestWithParam<Wrapper>
{
};

TEST_P(WrapperTest, SwapsAndRollsBack)
{
	Program program = kSteps;
	program.command = GetParam().command;
	Service service(program,
		{"service.directory: {D}", "service.start_timeout: 10s",
			"handoff.drain_timeout: 1s"});

	WriteFile(service.directory() + "/package.json",
		service.Fill("{\"name\": \"x\", \"scripts\": {\"start\": \"{B}/steps\"}}"));
	service.SetSteps("open:0");
	service.Start();
	Load load(service.urls());
	ASSERT_TRUE(load.established());
	for (int number = 2; number <= 3; number++)
		SwapTo(&service, number);
	service.SetVersion(4);
	service.SetSteps("open:0 exit:3");
	Output reload = service.Reload();
	EXPECT_EQ(reload.code, 1);
	EXPECT_EQ(service.StatusText("reason"), "exited") << reload.err;
	service.SetSteps("open:0");
	SwapTo(&service, 5);
	nlohmann::json report = load.Finish();
	EXPECT_EQ(report["new"]["failed"], 0) << Failures(report) << service.log();
}

INSTANTIATE_TEST_SUITE_P(Commands, WrapperTest,
	testing::Values(Wrapper{"sh", {"sh", "-c", "{B}/steps; exit $?"}},
		Wrapper{"sh_exec", {"sh", "-c", "exec {B}/steps"}},
		Wrapper{"static_init", {"{B}/tini", "--", "{B}/steps"}},
		Wrapper{"static_init_nice",
			{"nice", "-n", "1", "{B}/tini", "env", "A=b", "{B}/steps"}},
		Wrapper{"setsid", {"setsid", "{B}/steps"}}, Wrapper{"npm_start", {"npm", "start"}},
		Wrapper{"subprocess",
			{"/usr/bin/python3", "-c",
				"import subprocess, sys; sys.exit(subprocess.call(['{B}/steps']))"}},
		Wrapper{"subprocess_all_fds",
			{"/usr/bin/python3", "-c",
				"import subprocess, sys; "
				"sys.exit(subprocess.call(['{B}/steps'], close_fds=False))"}}),
	Name<Wrapper>);

// --- other preload libraries ---

struct Preload {
	const char *name;
	std::vector<std::string> command;
	std::string before; // LD_PRELOAD in service.env
};

class PreloadTest : public testing::TestWithParam<Preload>
{
};

// The counter sees the calls of the program and of nobody else, before and after a swap.
TEST_P(PreloadTest, SwapsAndRollsBack)
{
	Program program = kSteps;
	program.command = GetParam().command;
	std::vector<std::string> settings = {
		"service.start_timeout: 1s", "handoff.drain_timeout: 1s"};
	if (!GetParam().before.empty())
		settings.push_back("service.env: [\"LD_PRELOAD=" + GetParam().before +
			"\", \"COUNT_FILE={D}/count\", \"ASAN_OPTIONS=detect_leaks=0\"]");
	Service service(program, settings);

	service.SetSteps("open:0");
	service.Start();
	for (int number = 2; number <= 4; number++) {
		SwapTo(&service, number);
		EXPECT_NE(ReadFile("/proc/" + std::to_string(service.ProgramPid()) + "/maps")
				  .find("libaeterna_preload"),
			std::string::npos);
	}
	service.SetSteps("open:0 hang");
	service.SetVersion(5);
	EXPECT_EQ(service.Reload().code, 1);
	EXPECT_EQ(Starts(service), "v4");
	if (std::string(GetParam().name).compare(0, 5, "count") != 0)
		return;
	// A run of requests one after the other: one accept4() and one close() for each.
	for (int i = 0; i < 40; i++)
		EXPECT_EQ(Starts(service), "v4");
	int pid = 0;
	int accepts = 0;
	int closes = 0;
	sscanf(ReadFile(service.directory() + "/count").c_str(), "%d %d %d", &pid, &accepts,
		&closes);
	EXPECT_EQ(pid, service.ProgramPid());
	EXPECT_GE(accepts, 20);
	EXPECT_LE(accepts, 50);
	EXPECT_GE(closes, 20);
	EXPECT_LE(closes, 60);
}

INSTANTIATE_TEST_SUITE_P(Libraries, PreloadTest,
	testing::Values(Preload{"count_before", {"{B}/steps"}, "{B}/count.so"},
		Preload{"count_after",
			{"sh", "-c",
				"LD_PRELOAD=$LD_PRELOAD:{B}/count.so COUNT_FILE={D}/count "
				"exec {B}/steps"},
			""},
		Preload{"jemalloc", {"{B}/steps"}, "libjemalloc.so.2"},
		Preload{"asan", {"{B}/steps"}, "libasan.so.8"}),
	Name<Preload>);

} // namespace aet
