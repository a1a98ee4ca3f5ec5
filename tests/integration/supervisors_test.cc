// A bad version under a supervisor, whose first process lives whatever its workers do; and what is
// said of versions that end before they serve.

#include <gtest/gtest.h>

#include "steps_service.h"

namespace aet
{

constexpr Milliseconds kSoon{10000};

struct Supervised {
	const char *name;
	std::vector<std::string> command;
};

class SupervisorTest : public testing::TestWithParam<Supervised>
{
};

// The first process of a supervisor is never asked to end by its workers' ends.
TEST_P(SupervisorTest, ABadVersionIsUndoneSoon)
{
	Program program = {
		GetParam().name, GetParam().command, {"http://127.0.0.1:{P}/"}, {}, false};
	Service service(program, {"service.start_timeout: 60s", "handoff.drain_timeout: 1s"});

	service.Start();
	SwapTo(&service, 2);
	service.SetFault("exit1");
	service.SetVersion(3);
	auto begun = std::chrono::steady_clock::now();
	Output reload = service.Reload();
	EXPECT_LT(std::chrono::steady_clock::now() - begun, kSoon) << reload.err << service.log();
	EXPECT_EQ(reload.code, 1);
	EXPECT_EQ(Starts(service), "v2");
	service.SetFault("ok");
	SwapTo(&service, 4);
}

static std::vector<std::string> Uvicorn(const std::vector<std::string> &options)
{
	std::vector<std::string> command = {"{V}/python", "-m", "uvicorn", "--app-dir", "{T}",
		"--port", "{P}", "--no-access-log", "uvicorn_app:app"};

	command.insert(command.end(), options.begin(), options.end());
	return command;
}

INSTANTIATE_TEST_SUITE_P(Programs, SupervisorTest,
	testing::Values(Supervised{"uvicorn_workers", Uvicorn({"--workers", "2"})},
		Supervised{"uvicorn_reload", Uvicorn({"--reload", "--reload-dir", "{D}/www"})},
		Supervised{"gunicorn",
			{"{V}/gunicorn", "--chdir", "{T}", "-w", "2", "-b", "127.0.0.1:{P}",
				"wsgi_app:app"}},
		Supervised{"puma_workers",
			{"puma", "-w", "2", "-b", "tcp://127.0.0.1:{P}", "{T}/puma.ru"}},
		Supervised{"node_watch", {"node", "--watch", "{T}/node_http.js"}}),
	[](const testing::TestParamInfo<Supervised> &one) { return one.param.name; });

// Its start runs the same command again and again before it serves: so did the version that serves.
TEST(SupervisorScriptTest, WhatEveryVersionDoesIsNoSign)
{
	Program program = {"script",
		{"sh", "-c",
			"for i in 1 2 3 4; do {V}/python -c 'import time; time.sleep(0.3)'; done; "
			"{V}/python -m uvicorn --app-dir {T} --port {P} --workers 2 uvicorn_app:app; "
			"exit $?"},
		{"http://127.0.0.1:{P}/"}, {}, false};
	Service service(program, {"handoff.drain_timeout: 1s"});

	service.Start();
	for (int number = 2; number <= 3; number++)
		SwapTo(&service, number);
}

// --- last words ---

// It serves; from now on a start does this instead. {D}/bad has the text.
class BadSteps : public Service
{
      public:
	BadSteps(const std::string &instead, const std::string &text)
	    : Service(Starting(instead), {"handoff.drain_timeout: 1s"})
	{
		SetSteps("open:0");
		Start();
		WriteFile(directory() + "/bad", text);
	}

      private:
	static Program Starting(const std::string &instead)
	{
		Program program = kSteps;

		program.command = {
			"sh", "-c", "if [ -e {D}/bad ]; then " + instead + "; fi; exec {B}/steps"};
		return program;
	}
};

class LastWordsTest : public testing::TestWithParam<std::vector<const char *>>
{
};

TEST_P(LastWordsTest, AreQuoted)
{
	BadSteps service("cat {D}/bad >&2; exit 1", GetParam()[0]);
	Output reload = service.Reload();
	EXPECT_EQ(reload.code, 1);
	for (size_t i = 1; i < GetParam().size(); i++)
		EXPECT_NE(reload.err.find(GetParam()[i]), std::string::npos) << reload.err;
	EXPECT_EQ(service.StatusText("reason"), "exited");
}

INSTANTIATE_TEST_SUITE_P(Programs, LastWordsTest,
	testing::Values(
		std::vector<const char *>{
			"FATAL: lock file \"postmaster.pid\" already exists\nHINT: see the manual\n",
			"lock file \"postmaster.pid\" already exists", "handoff.overlap: false"},
		std::vector<const char *>{
			"Traceback (most recent call last):\n  x\nModuleNotFoundError: No module "
			"named 'x'\n",
			"'ModuleNotFoundError: No module named 'x''"}));

// Workers that end a moment after their parent do not make it a daemon.
TEST(BackgroundTest, AParentThatEndsBeforeItsWorkersIsNone)
{
	BadSteps service("sleep 1 & sleep 0.5; exit 0", "");
	Output reload = service.Reload();
	EXPECT_EQ(reload.code, 1);
	EXPECT_NE(reload.err.find("exited with status 0"), std::string::npos) << reload.err;
	EXPECT_EQ(reload.err.find("background"), std::string::npos) << reload.err;
}

} // namespace aet
