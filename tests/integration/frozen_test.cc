// After a swap with state the old version stays frozen, with its memory, until the new one has
// lasted: one that dies before that costs no memory.

#include <csignal>
#include <map>

#include "counter_service.h"

namespace aet
{

struct Carrier {
	const char *name;
	std::vector<std::string> command;
	std::vector<std::string> env;
	std::vector<std::string> settings;
};

// What goes before the parameter's name in a failure.
static void PrintTo(const Carrier &carrier, std::ostream *out)
{
	*out << carrier.name;
}

class FrozenTest : public CounterTest, public testing::WithParamInterface<Carrier>
{
      protected:
	void BeginAt(int count, const std::string &ready_after = "3s")
	{
		std::vector<std::string> settings = GetParam().settings;

		settings.push_back("service.ready_after: " + ready_after);
		Begin(GetParam().env, settings, GetParam().command);
		CountTo(count);
	}
	void CountTo(int count)
	{
		for (int i = 1; i <= count; i++)
			EXPECT_EQ(service_->Get(), "v1 " + std::to_string(i) + "\n");
	}
	void KillProgram()
	{
		pid_t pid = service_->ProgramPid();

		ASSERT_GT(pid, 0);
		kill(pid, SIGKILL);
		ASSERT_TRUE(Eventually([&] { return !StateOf(pid); }));
	}
	bool Logged(const std::string &line) const
	{
		return Eventually([&] { return service_->log().find(line) != std::string::npos; });
	}
	nlohmann::json Frozen() const
	{
		nlohmann::json status = service_->Status();

		for (const nlohmann::json &draining : status["draining"])
			if (draining["frozen"] == true)
				return draining;
		return nullptr;
	}
};

// The case that README promises: memory 5, a new version that dies on its first request.
TEST_P(FrozenTest, AVersionThatDiesOnItsFirstRequestCostsNoMemory)
{
	BeginAt(5);
	pid_t old = service_->ProgramPid();

	service_->SetFault("die_on_first_request");
	Swap();
	EXPECT_EQ(Frozen()["generation"], 1) << service_->log();
	EXPECT_EQ(service_->Get(), "") << "the one that kills it";
	EXPECT_EQ(service_->Get(), "v1 6\n") << service_->log();
	EXPECT_EQ(service_->ProgramPid(), old);
	EXPECT_EQ(Frozen(), nullptr);
	nlohmann::json status = service_->Status();
	EXPECT_EQ(status["last_swap"]["result"], "rolled_back");
	EXPECT_EQ(status["last_swap"]["reason"], "exited_after_commit");
	EXPECT_EQ(status["last_swap"]["answers_lost"], 0);
	EXPECT_EQ(status["swaps"]["committed"], 0);
	service_->SetFault("ok");
	Swap();
	EXPECT_EQ(service_->Get(), "v3 7\n") << service_->log();
}

TEST_P(FrozenTest, WhatAKilledVersionAnsweredIsCountedAndSaid)
{
	BeginAt(5);
	Swap();
	for (int i = 6; i <= 8; i++)
		EXPECT_EQ(service_->Get(), "v2 " + std::to_string(i) + "\n");
	KillProgram();
	EXPECT_EQ(service_->Get(), "v1 6\n") << service_->log();
	EXPECT_EQ(service_->Status()["last_swap"]["answers_lost"], 3);
	EXPECT_TRUE(Logged("3 requests that generation 2 answered are not in it"))
		<< service_->log();
}

TEST_P(FrozenTest, ItEndsWhenTheNewVersionHasLasted)
{
	BeginAt(5, "500ms");
	pid_t old = service_->ProgramPid();

	Swap();
	EXPECT_EQ(service_->Get(), "v2 6\n");
	EXPECT_TRUE(Logged("generation 1, which was frozen, is ended: the new version has lasted"));
	EXPECT_TRUE(Eventually([&] { return !StateOf(old); }));
	EXPECT_EQ(service_->Get(), "v2 7\n");
}

// --- what is asked for within ready_after waits ---

// A second swap would open the gate of the first old version, beside the new one.
TEST_P(FrozenTest, ASecondReloadWaitsForTheEndOfTheProbation)
{
	BeginAt(5, "1s");
	Swap();
	EXPECT_EQ(service_->Get(), "v2 6\n");
	service_->SetVersion(3);
	Process reload = service_->ReloadMeanwhile();
	EXPECT_TRUE(Logged("the last swap is not settled yet: one more follows it"));
	EXPECT_EQ(Frozen()["generation"], 1) << service_->log();
	EXPECT_EQ(reload.Wait(), 0) << service_->log();
	EXPECT_TRUE(Logged("generation 1, which was frozen, is ended"));
	EXPECT_EQ(service_->Get(), "v3 7\n") << service_->log();
}

// It would thaw the old version when its gate opens. The reload that waits runs in the old version's
// stead if the new one dies meanwhile.
TEST_P(FrozenTest, ASnapshotAndADryRunWaitAsWell)
{
	BeginAt(5, "1s");
	Swap();
	EXPECT_EQ(service_->Command("snapshot").code, 0) << service_->log();
	EXPECT_EQ(Frozen(), nullptr);
	EXPECT_EQ(service_->Get(), "v2 6\n");
	Swap();
	Process snapshot({Launcher(), "snapshot", "-c", service_->configuration()}, {});
	EXPECT_EQ(service_->Get(), "v3 7\n");
	KillProgram();
	EXPECT_EQ(snapshot.Wait(), 0) << service_->log();
	EXPECT_EQ(service_->Get(), "v2 7\n") << service_->log();
}

// --- the launcher dies meanwhile ---

TEST_P(FrozenTest, WithoutTheLauncherTheNewVersionServesOnAndTheOldOneEnds)
{
	BeginAt(5, "1s");
	pid_t old = service_->ProgramPid();

	Swap();
	service_->launcher().Signal(SIGKILL);
	EXPECT_EQ(service_->launcher().Wait(), 128 + SIGKILL);
	EXPECT_EQ(service_->Get(), "v2 6\n");
	EXPECT_TRUE(Eventually([&] { return !StateOf(old) || StateOf(old) == 'Z'; }));
	EXPECT_EQ(service_->Get(), "v2 7\n");
}

TEST_P(FrozenTest, WithoutTheLauncherTheOldOneGoesOnWhenTheNewVersionDies)
{
	BeginAt(5);
	Swap();
	pid_t serving = service_->ProgramPid();

	EXPECT_EQ(service_->Get(), "v2 6\n");
	service_->launcher().Signal(SIGKILL);
	EXPECT_EQ(service_->launcher().Wait(), 128 + SIGKILL);
	EXPECT_EQ(service_->Get(), "v2 7\n");
	kill(serving, SIGKILL);
	EXPECT_TRUE(Eventually([&] { return !StateOf(serving) || StateOf(serving) == 'Z'; }));
	EXPECT_EQ(service_->Get(), "v1 6\n");
	EXPECT_EQ(service_->Get(), "v1 7\n");
}

// Both at once: nobody has seen the new version die.
TEST_P(FrozenTest, KilledTogetherWithTheNewVersion)
{
	BeginAt(5);
	Swap();
	pid_t serving = service_->ProgramPid();

	service_->launcher().Signal(SIGSTOP);
	kill(serving, SIGKILL);
	service_->launcher().Signal(SIGKILL);
	EXPECT_EQ(service_->launcher().Wait(), 128 + SIGKILL);
	EXPECT_TRUE(Eventually([&] { return !StateOf(serving) || StateOf(serving) == 'Z'; }));
	EXPECT_EQ(service_->Get(), "v1 6\n");
}

// --- connections that cannot move ---

// With connections: drain, none moves; and one that is busy in a way nobody follows cannot.
TEST_P(FrozenTest, ClientsOfConnectionsThatCannotMoveSeeTheEndAtOnce)
{
	std::vector<std::string> settings = GetParam().settings;

	settings.emplace_back("service.ready_after: 3s");
	settings.emplace_back("handoff.connections: drain");
	Begin(GetParam().env, settings, GetParam().command);
	Connection kept(service_->urls()[0]);
	kept.Ask("/");
	EXPECT_EQ(kept.Answer(), "v1 1\n");
	Swap();
	EXPECT_NE(Frozen(), nullptr);
	EXPECT_TRUE(kept.Ended()) << service_->log();
	EXPECT_EQ(service_->Status()["last_swap"]["connections_closed"], 1) << service_->log();
	EXPECT_EQ(service_->Get(), "v2 2\n");
	KillProgram();
	EXPECT_EQ(service_->Get(), "v1 2\n") << service_->log();
}

TEST_P(FrozenTest, AConnectionThatTheDeadVersionHadTakenOverIsCounted)
{
	BeginAt(0);
	Connection kept(service_->urls()[0]);
	kept.Ask("/");
	EXPECT_EQ(kept.Answer(), "v1 1\n");
	Swap();
	EXPECT_EQ(service_->Status()["last_swap"]["connections_moved"], 1) << service_->log();
	kept.Ask("/");
	EXPECT_EQ(kept.Answer(), "v2 2\n");
	KillProgram();
	EXPECT_TRUE(kept.Ended());
	EXPECT_EQ(service_->Get(), "v1 2\n") << service_->log();
	EXPECT_EQ(service_->Status()["last_swap"]["connections_lost"], 1) << service_->log();
}

static const Carrier kCarriers[] = {
	{"c_shm", {"{B}/counter"}, {"SHAPE=epoll"}, {}},
	{"c_pipe_threads", {"{B}/counter"}, {"SHAPE=threads"}, {"handoff.mechanism: pipe"}},
	{"python", {"/usr/bin/python3", "{T}/counter_asyncio.py"}, {},
		{"handoff.state: [\"counter_asyncio:STATE\"]"}},
};

static std::string Name(const testing::TestParamInfo<Carrier> &info)
{
	return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Carriers, FrozenTest, testing::ValuesIn(kCarriers), Name);

// --- what it holds outside of its memory ---

// A frozen process keeps its locks. They go with it, and its transaction is rolled back; or it goes on.
TEST_F(CounterTest, AFrozenVersionKeepsItsSqliteTransaction)
{
	std::vector<std::string> settings = {"handoff.state: [\"sqlite_agent:STATE\"]",
		"service.ready_after: 20s", "service.env: [\"DIR={D}\"]"};

	Begin({}, settings, {"/usr/bin/python3", "{T}/sqlite_agent.py"});
	EXPECT_EQ(service_->Get("/begin"), "v1 begun 1 1\n");
	Swap();
	EXPECT_EQ(service_->Get("/write"), "v2 locked 0 2\n") << service_->log();
	pid_t pid = service_->ProgramPid();
	kill(pid, SIGKILL);
	ASSERT_TRUE(Eventually([&] { return !StateOf(pid); }));
	EXPECT_EQ(service_->Get("/commit"), "v1 committed 1 2\n") << service_->log();

	settings[1] = "service.ready_after: 500ms";
	service_->WriteConfiguration(settings);
	EXPECT_EQ(service_->Get("/begin"), "v1 begun 2 3\n");
	pid = service_->ProgramPid();
	Swap();
	ASSERT_TRUE(Eventually([&] { return !StateOf(pid); })) << service_->log();
	EXPECT_EQ(service_->Get("/write"), "v3 written 2 4\n") << service_->log();
}

// --- memory that both versions map ---

class FrozenArenaTest : public CounterTest
{
      protected:
	void SetUp() override
	{
		Start({"service.ready_after: 3s"});
	}
	void Start(const std::vector<std::string> &settings)
	{
		Begin({}, settings, {"{V}/python", "{T}/arena_counter.py"});
		EXPECT_EQ(service_->Get(), "v1 1\n");
	}
};

// Who writes before it serves changes nothing for the version that serves.
TEST_F(FrozenArenaTest, NobodyWritesToAnArenaBeforeItServes)
{
	service_->SetFault("write_in_load");
	service_->SetVersion(99);
	EXPECT_EQ(service_->Reload().code, 1);
	EXPECT_EQ(Reason(), "load_failed") << service_->log();
	service_->SetFault("ok");
	EXPECT_EQ(service_->Get(), "v1 2\n");
	Swap();
	EXPECT_EQ(service_->Get(), "v2 3\n") << service_->log();
}

TEST_F(FrozenArenaTest, CheckSaysBeforehandWhatAnArenaWillBe)
{
	std::string text = service_->Command("check").out;

	EXPECT_NE(text.find("it is as the dead one left it"), std::string::npos) << text;
}

TEST_F(FrozenArenaTest, AnArenaIsAsTheVersionThatDiedLeftIt)
{
	Swap();
	EXPECT_EQ(service_->Get(), "v2 2\n") << service_->log();
	pid_t pid = service_->ProgramPid();
	kill(pid, SIGKILL);
	ASSERT_TRUE(Eventually([&] { return !StateOf(pid); }));
	EXPECT_EQ(service_->Get(), "v1 3\n") << service_->log();
}

TEST_F(FrozenArenaTest, TheOldVersionDoesNotServeAgainWhereItMustNot)
{
	Start({"service.ready_after: 3s", "handoff.give_back_arenas: false"});
	Swap();
	EXPECT_EQ(service_->Get(), "v2 2\n") << service_->log();
	pid_t pid = service_->ProgramPid();
	kill(pid, SIGKILL);
	ASSERT_TRUE(Eventually([&] { return !StateOf(pid); }));
	EXPECT_EQ(service_->Get(), "v2 3\n") << service_->log();
}

// --- servers with a parent that kills workers which do not answer ---

struct Crew {
	const char *name;
	std::vector<std::string> command;
	std::vector<std::string> settings;
	double patience_s; // of the parent
};

static void PrintTo(const Crew &crew, std::ostream *out)
{
	*out << crew.name;
}

class FrozenCrewTest : public CounterTest, public testing::WithParamInterface<Crew>
{
      protected:
	// What workers of the first version counted: each from 1 on, without a gap.
	void Ask(int requests)
	{
		for (int i = 0; i < requests; i++) {
			std::string body = service_->Get();

			EXPECT_EQ(body.substr(0, 3), "v1 ") << service_->log();
			times_[body.empty() ? -1 : atoi(&body[body.rfind(' ')])]++;
		}
	}

	size_t Joined() const
	{
		std::string log = service_->log();
		size_t count = 0;

		for (size_t at = 0;
			(at = log.find("of generation 1 takes part", at)) != std::string::npos;
			at++)
			count++;
		return count;
	}

	std::map<int, int> times_;
};

// The old version is frozen for longer than its parent waits for an answer of a worker.
TEST_P(FrozenCrewTest, ItsParentDoesNotKillItAndAllGoOn)
{
	std::vector<std::string> settings = GetParam().settings;

	settings.emplace_back("service.ready_after: 30s");
	Begin({}, settings, GetParam().command);
	// Each worker reads its version when it starts.
	ASSERT_TRUE(Eventually([&] { return Joined() >= 3; })) << service_->log();
	Ask(20);
	std::vector<pid_t> crew = DescendantsOf(service_->ProgramPid());
	Swap();
	double frozen = service_->Status()["uptime_s"];
	EXPECT_TRUE(Eventually(
		[&] { return service_->Status()["uptime_s"] > frozen + GetParam().patience_s; },
		Milliseconds(20000)));
	EXPECT_EQ(service_->Get().substr(0, 3), "v2 ");
	kill(service_->ProgramPid(), SIGKILL);
	EXPECT_TRUE(Eventually([&] { return service_->StatusText("result") == "rolled_back"; }));
	Ask(20);
	EXPECT_LE(times_[1], 2);
	for (const auto &[count, times] : times_)
		EXPECT_TRUE(count == 1 || times_[count - 1] >= times) << count;
	EXPECT_EQ(DescendantsOf(service_->ProgramPid()), crew) << service_->log();
	EXPECT_EQ(service_->log().find("WORKER TIMEOUT"), std::string::npos) << service_->log();
	settings.back() = "service.ready_after: 100ms";
	service_->WriteConfiguration(settings);
	Swap();
}

static const Crew kCrews[] = {
	{"gunicorn_gthread",
		{"{V}/gunicorn", "--chdir", "{T}", "-w", "2", "-k", "gthread", "--threads", "4",
			"--timeout", "2", "-b", "127.0.0.1:{P}", "counter_wsgi:app"},
		{}, 4.5},
	{"uvicorn",
		{"{V}/python", "-m", "uvicorn", "--app-dir", "{T}", "--port", "{P}", "--workers",
			"2", "--no-access-log", "counter_asgi:app"},
		{"handoff.state: [\"counter_asgi:app.state.count\"]"}, 7},
};

static std::string CrewName(const testing::TestParamInfo<Crew> &info)
{
	return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Crews, FrozenCrewTest, testing::ValuesIn(kCrews), CrewName);

} // namespace aet
