// Snapshots on disk: the launcher ends, in whatever way, and what the program had is there when it
// starts again. What a version could not load is set aside and put back; a file of doubtful origin is
// refused and left alone.

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

#include "counter_service.h"

namespace aet
{

static const std::vector<std::string> kInC = {"{B}/counter"};
static const std::vector<std::string> kByName = {"/usr/bin/python3", "{T}/counter_asyncio.py"};
static const std::vector<std::string> kGunicorn = {"{V}/gunicorn", "--chdir", "{T}", "-w", "1",
	"-k", "gthread", "--threads", "4", "-b", "127.0.0.1:{P}", "counter_wsgi:app"};
static const char kFile[] = "handoff.snapshot_file: {D}/state";
static const char kNames[] = "handoff.state: [\"counter_asyncio:STATE\"]";
static const char kSoon[] = "service.ready_after: 100ms";

class FileTest : public CounterTest
{
      protected:
	void Begin(std::vector<std::string> settings = {},
		const std::vector<std::string> &command = kInC,
		const std::vector<std::string> &env = {"SHAPE=threads"})
	{
		bool is_given = false;

		for (const std::string &setting : settings)
			is_given = is_given || setting.find("service.ready_after") == 0;
		settings.push_back(kFile);
		if (!is_given)
			settings.push_back(kSoon);
		CounterTest::Begin(env, settings, command);
	}
	std::string Path(const std::string &more = "") const
	{
		return service_->directory() + "/state" + more;
	}
	bool IsThere(const std::string &more = "") const
	{
		return access(Path(more).c_str(), F_OK) == 0;
	}
	Output Ask(const std::vector<std::string> &words) const
	{
		std::vector<std::string> command = {Launcher()};

		command.insert(command.end(), words.begin(), words.end());
		command.insert(command.end(), {"-c", service_->configuration()});
		return aet::Run(command);
	}
	void Snapshot()
	{
		Output output = Ask({"snapshot"});

		ASSERT_EQ(output.code, 0) << output.err << service_->log();
	}
	int Next() const
	{
		std::string body = service_->Get();

		return body.empty() ? -1 : atoi(&body[body.rfind(' ')]);
	}
	void Stop()
	{
		(void)service_->Stop();
	}
	// Nobody is told: as at the loss of power.
	void KillAll()
	{
		std::vector<pid_t> pids = DescendantsOf(service_->launcher().pid());

		service_->launcher().Signal(SIGKILL);
		for (pid_t pid : pids)
			kill(pid, SIGKILL);
		EXPECT_EQ(service_->launcher().Wait(), 128 + SIGKILL);
	}
	void KillProgram() const
	{
		pid_t pid = service_->ProgramPid();

		ASSERT_GT(pid, 0);
		kill(pid, SIGKILL);
		EXPECT_TRUE(Eventually([&] { return !StateOf(pid); }));
	}
	bool Said(const std::string &words) const
	{
		return service_->log().find(words) != std::string::npos;
	}
	void Patch(off_t at, const std::string &bytes) const
	{
		int fd = open(Path().c_str(), O_WRONLY | O_CLOEXEC);

		ASSERT_EQ(pwrite(fd, bytes.data(), bytes.size(), at), ssize_t(bytes.size()));
		close(fd);
	}
};

// --- the launcher is stopped, or killed, and started again ---

struct Writer {
	const char *name;
	std::vector<std::string> command;
	std::vector<std::string> settings;
};

class AgainTest : public FileTest, public testing::WithParamInterface<Writer>
{
};

static const Writer kWriters[] = {
	{"hooks_shm", kInC, {}},
	{"hooks_pipe", kInC, {"handoff.mechanism: pipe"}},
	{"names_shm", kByName, {kNames}},
	{"names_pipe", kByName, {kNames, "handoff.mechanism: pipe"}},
	{"module", kGunicorn, {}},
};

TEST_P(AgainTest, StoppedAndStartedItGoesOn)
{
	Begin(GetParam().settings, GetParam().command);
	int first = Next();
	for (int round = 0; round < 3; round++) {
		EXPECT_EQ(Next(), first + 1) << service_->log();
		first++;
		Stop();
		struct stat info = {};
		ASSERT_EQ(stat(Path().c_str(), &info), 0) << service_->log();
		EXPECT_EQ(info.st_mode & 0777, 0600u);
		service_->Start();
		EXPECT_TRUE(service_->Status()["snapshot"]["file_bytes"] >= 4096);
	}
	EXPECT_EQ(Next(), first + 1) << service_->log();
	Swap();
	EXPECT_EQ(Next(), first + 2) << service_->log();
}

TEST_P(AgainTest, KilledAndStartedItGoesOnFromTheSnapshot)
{
	Begin(GetParam().settings, GetParam().command);
	int last = Next();
	Snapshot();
	(void)Next();
	KillAll();
	service_->Start();
	EXPECT_EQ(Next(), last + 1) << service_->log();
}

INSTANTIATE_TEST_SUITE_P(Ways, AgainTest, testing::ValuesIn(kWriters),
	[](const testing::TestParamInfo<Writer> &writer) {
		return std::string(writer.param.name);
	});

TEST_F(FileTest, OfSeveralWorkers)
{
	std::vector<std::string> command = kGunicorn;

	command[4] = "2";
	Begin({}, command);
	std::map<std::string, int> counts; // by the worker's name
	auto ask = [&] {
		for (int i = 0; i < 60 || (counts.size() < 2 && i < 2000); i++) {
			std::string body = service_->Get();
			size_t name = body.find(' ') + 1;
			size_t number = body.find(' ', name) + 1;
			int count = atoi(&body[number]);

			EXPECT_EQ(count, ++counts[body.substr(name, number - name)]) << body;
		}
	};

	ASSERT_TRUE(Eventually([&] { return ChildrenOf(service_->ProgramPid()).size() == 2; }));
	ask();
	EXPECT_EQ(counts.size(), 2u);
	Stop();
	service_->Start();
	ask();
	EXPECT_EQ(counts.size(), 2u) << service_->log();
}

TEST_F(FileTest, SnapshotOnStopCanBeTurnedOff)
{
	Begin({"handoff.snapshot_on_stop: false"});
	EXPECT_EQ(Next(), 1);
	Snapshot();
	EXPECT_EQ(Next(), 2);
	Stop();
	service_->Start();
	EXPECT_EQ(Next(), 2);
}

// Between any two moments of many snapshots under load: what was answered before the last whole one is
// in it.
TEST_F(FileTest, KilledAtAnyMomentTheLastWholeOneIsThere)
{
	Begin({}, kInC, {"SHAPE=threads", "STATE_MIB=8"});
	int answered = Next();
	Snapshot();
	for (int round = 0; round < 12; round++) {
		int least = answered;

		service_->launcher().Signal(SIGUSR2);
		usleep(useconds_t(round) * 2500);
		KillAll();
		service_->Start();
		answered = Next();
		EXPECT_EQ(answered, least + 1) << round << service_->log();
		Snapshot();
	}
	EXPECT_FALSE(Said("is refused"));
}

// --- what is refused ---

TEST_F(FileTest, AnotherFormatIsRefusedAndStaysThere)
{
	Begin();
	EXPECT_EQ(Next(), 1);
	Stop();
	Patch(8, std::string("\2\0\0\0", 4));
	std::string content = ReadFile(Path());
	service_->Start();
	EXPECT_TRUE(Said("wrong_format: it has format 2, and this launcher reads 1"))
		<< service_->log();
	EXPECT_NE(service_->Status()["snapshot"]["file_error"].dump().find("wrong_format"),
		std::string::npos);
	EXPECT_EQ(Next(), 1);
	EXPECT_TRUE(ReadFile(Path()) == content);
	Stop(); // and takes a snapshot
	EXPECT_TRUE(ReadFile(Path(".refused-1")) == content);
	service_->Start();
	EXPECT_EQ(Next(), 2);
}

TEST_F(FileTest, OfATornOneTheOneBeforeIsTaken)
{
	Begin();
	EXPECT_EQ(Next(), 1);
	Snapshot();
	EXPECT_EQ(Next(), 2);
	Stop();
	ASSERT_EQ(truncate(Path().c_str(), 8192), 0);
	service_->Start();
	EXPECT_TRUE(Said("state_corrupt: it does not have the length")) << service_->log();
	EXPECT_EQ(Next(), 2);
}

TEST_F(FileTest, OfAnotherUserOrALinkIsRefused)
{
	Begin();
	EXPECT_EQ(Next(), 1);
	Stop();
	ASSERT_EQ(chown(Path().c_str(), 65534, 65534), 0) << "this test takes root";
	service_->Start();
	EXPECT_TRUE(Said("wrong_owner: it belongs to another user")) << service_->log();
	EXPECT_EQ(Next(), 1);
	KillAll();
	ASSERT_EQ(chown(Path().c_str(), 0, 0), 0);
	ASSERT_EQ(rename(Path().c_str(), Path("x").c_str()), 0);
	ASSERT_EQ(symlink(Path("x").c_str(), Path().c_str()), 0);
	service_->Start();
	EXPECT_TRUE(Said("wrong_owner: it is a symbolic link")) << service_->log();
	EXPECT_EQ(Next(), 1);
}

TEST_F(FileTest, WhereItCannotBeWrittenTheSnapshotIsKeptInMemory)
{
	Begin();
	ASSERT_EQ(mkdir(Path(".new").c_str(), 0700), 0);
	EXPECT_EQ(Next(), 1);
	Output output = Ask({"snapshot"});
	EXPECT_EQ(output.code, 1);
	EXPECT_NE(output.err.find("not_written: it is kept in memory alone: "), std::string::npos)
		<< output.err;
	EXPECT_EQ(Next(), 2);
	KillProgram();
	EXPECT_EQ(Next(), 2) << service_->log();
	ASSERT_EQ(rmdir(Path(".new").c_str()), 0);
	Snapshot();
	EXPECT_TRUE(service_->Status()["snapshot"]["file_error"].is_null());
}

// --- what is set aside ---

TEST_F(FileTest, WhatAVersionDiesOfIsSetAsideAndPutBack)
{
	for (const char *fault : {"die_after_load", "load_error", "load_crash"}) {
		SCOPED_TRACE(fault);
		version_ = 1;
		Begin();
		EXPECT_EQ(Next(), 1);
		EXPECT_EQ(Next(), 2);
		Snapshot();
		service_->SetFault(fault);
		KillProgram();
		(void)service_->Get(); // the one that kills it may be lost
		ASSERT_TRUE(Eventually([&] { return Said("is set aside as aside-1"); }))
			<< service_->log();
		service_->SetFault("ok");
		ASSERT_TRUE(service_->WaitForState("running"));
		EXPECT_LE(Next(), 2) << service_->log();
		nlohmann::json aside = service_->Status()["set_aside"];
		ASSERT_EQ(aside.size(), 1u) << aside;
		EXPECT_EQ(aside[0]["name"], "aside-1");
		EXPECT_GE(aside[0]["bytes"], 4096);
		EXPECT_NE(
			aside[0]["why"].get<std::string>().find("generation 2"), std::string::npos)
			<< aside;
		EXPECT_TRUE(Eventually([&] { return IsThere(".aside-1"); })) << service_->log();
		Stop();
		service_->Start(); // it outlasts the launcher
		EXPECT_EQ(service_->Status()["set_aside"].size(), 1u) << service_->log();
		Output output = Ask({"restore", "aside-1"});
		EXPECT_EQ(output.code, 0) << output.err << service_->log();
		EXPECT_EQ(Next(), 3) << service_->log();
		EXPECT_EQ(service_->Status()["set_aside"].size(), 2u)
			<< "what was there before is set aside";
	}
}

// The state of a swap is nowhere else: it is given to each start until one lasts.
TEST_F(FileTest, TheStateOfASwapIsNeverDropped)
{
	Begin({"service.ready_after: 3s"});
	EXPECT_EQ(Next(), 1);
	EXPECT_EQ(Next(), 2);
	pid_t old = service_->ProgramPid();
	Swap();
	service_->SetFault("load_error");
	kill(old, SIGKILL); // it could serve again
	ASSERT_TRUE(Eventually([&] { return !StateOf(old); }));
	KillProgram();
	ASSERT_TRUE(Eventually([&] { return Said("generation 4 did not take the kept state"); }))
		<< service_->log();
	EXPECT_TRUE(Said("the next start is given it again"));
	EXPECT_FALSE(Said("is set aside"));
	service_->SetFault("ok");
	EXPECT_EQ(Next(), 3) << service_->log();
}

// ... nor when the launcher is stopped while no version can load it.
TEST_F(FileTest, NorWhenTheLauncherStopsMeanwhile)
{
	Begin({"service.ready_after: 20s"});
	EXPECT_EQ(Next(), 1);
	pid_t old = service_->ProgramPid();
	Swap();
	service_->SetFault("load_error");
	kill(old, SIGKILL);
	ASSERT_TRUE(Eventually([&] { return !StateOf(old); }));
	KillProgram();
	ASSERT_TRUE(Eventually([&] { return Said("the next start is given it again"); }))
		<< service_->log();
	service_->launcher().Signal(SIGTERM);
	(void)service_->launcher().Wait();
	service_->SetFault("ok");
	service_->Start();
	EXPECT_EQ(Next(), 2) << service_->log();
}

// --- restore ---

TEST_F(FileTest, AFileThatPeopleKeep)
{
	Begin();
	std::string file = service_->directory() + "/mine";

	EXPECT_EQ(Next(), 1);
	Output output = Ask({"snapshot", "--output", file});
	EXPECT_EQ(output.code, 0) << output.err;
	struct stat info = {};
	ASSERT_EQ(stat(file.c_str(), &info), 0);
	EXPECT_EQ(info.st_mode & 0777, 0600u);
	for (int i = 2; i <= 5; i++)
		EXPECT_EQ(Next(), i);
	output = Ask({"restore", file});
	EXPECT_EQ(output.code, 0) << output.err << service_->log();
	EXPECT_EQ(Next(), 2) << service_->log();
	output = Ask({"restore", "aside-1"});
	EXPECT_EQ(output.code, 0) << output.err << service_->log();
	EXPECT_EQ(Next(), 6) << service_->log();
	output = Ask({"restore"}); // the snapshot of before was replaced by what the swap kept
	EXPECT_EQ(output.code, 0) << output.err << service_->log();
}

TEST_F(FileTest, ARestoreThatIsRefusedChangesNothing)
{
	Begin();
	std::string file = service_->directory() + "/mine";

	EXPECT_EQ(Next(), 1);
	EXPECT_EQ(Ask({"restore"}).err,
		"aeterna-launch: not_found: no state is kept: set aside is none\n");
	EXPECT_NE(Ask({"restore", "aside-7"})
			  .err.find("not_found: no state is set aside as 'aside-7'"),
		std::string::npos);
	EXPECT_NE(Ask({"restore", file}).err.find("No such file"), std::string::npos);
	ASSERT_EQ(Ask({"snapshot", "--output", file}).code, 0);
	ASSERT_EQ(chmod(file.c_str(), 0666), 0);
	EXPECT_NE(Ask({"restore", file}).err.find("wrong_owner: "), std::string::npos);
	ASSERT_EQ(chmod(file.c_str(), 0600), 0);
	ASSERT_EQ(truncate(file.c_str(), 5000), 0);
	EXPECT_NE(Ask({"restore", file}).err.find("state_corrupt: "), std::string::npos);
	EXPECT_EQ(service_->Status()["swaps"]["committed"], 0);
	EXPECT_EQ(Next(), 2);
	// One that the program cannot load: undone, and nothing is lost.
	ASSERT_EQ(Ask({"snapshot", "--output", file}).code, 0);
	service_->SetFault("load_error");
	EXPECT_NE(Ask({"restore", file}).err.find("load_failed: "), std::string::npos);
	service_->SetFault("ok");
	EXPECT_EQ(Next(), 3) << service_->log();
}

// --- snapshot_every ---

TEST_F(FileTest, SnapshotEveryIsTakenUnderLoad)
{
	Begin({"handoff.snapshot_every: 100ms"});
	Count();
	EXPECT_TRUE(Eventually([&] {
		nlohmann::json age = service_->Status()["snapshot"]["file_age_s"];
		return age.is_number() && age < 2.0;
	})) << service_->Status();
	EXPECT_TRUE(counting_->More(400));
	Swap();
	EXPECT_TRUE(counting_->More(100));
	ExpectExact();
	EXPECT_TRUE(Eventually([&] { return IsThere(".1"); }));
	KillAll();
	service_->Start();
	EXPECT_GT(Next(), 20);
}

// It is not gated for it: nobody waits, and the age is shown.
TEST_F(FileTest, AProgramThatIsNeverQuietIsNotHeld)
{
	Begin({"handoff.snapshot_every: 100ms"});
	Connection first(service_->urls()[0]);
	Connection second(service_->urls()[0]);
	first.Ask("/slow/1000");
	for (int i = 0; i < 4; i++) { // one is in flight at each moment
		usleep(500000);
		(i % 2 ? first : second).Ask("/slow/1000");
		auto since = std::chrono::steady_clock::now();
		EXPECT_NE(service_->Get(), "");
		EXPECT_LT(std::chrono::steady_clock::now() - since, Milliseconds(400));
		(void)(i % 2 ? second : first).Answer();
	}
	nlohmann::json snapshot = service_->Status()["snapshot"];
	EXPECT_GE(snapshot["skipped"], 1) << snapshot << service_->log();
	EXPECT_NE(service_->log().find("is skipped: busy: the program was never quiet"),
		std::string::npos)
		<< service_->log();
}

// A parent that waits for any child, and one that hears of each end, notices nothing.
TEST_F(FileTest, NoWaitOfTheProgramMeetsTheCopy)
{
	for (bool blocks : {false, true}) {
		SCOPED_TRACE(blocks);
		Begin({"handoff.state: [\"reaper:STATE\"]"}, {"/usr/bin/python3", "{T}/reaper.py"},
			blocks ? std::vector<std::string>{"BLOCKS=1"} : std::vector<std::string>{});
		EXPECT_EQ(Next(), 1);
		for (int i = 0; i < 20; i++)
			Snapshot();
		EXPECT_TRUE(Said("DUMP COPIED always let_go COPY")) << service_->log();
		EXPECT_EQ(service_->Get("/reaped"), "[] 0\n");
		EXPECT_EQ(Next(), 2);
	}
}

} // namespace aet
