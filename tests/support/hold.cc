#include "hold.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace aet
{

// --- commands ---

static std::string FreshPath(const Service &service)
{
	static int count;

	return service.directory() + "/said-" + std::to_string(++count);
}

Waiting::Waiting(const Service &service, const std::vector<std::string> &words)
    : path_(FreshPath(service))
{
	int fd = open(path_.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	std::vector<std::string> command = {Launcher()};

	command.insert(command.end(), words.begin(), words.end());
	command.insert(command.end(), {"-c", service.configuration()});
	process_ = Process(command, SpawnOptions{{}, "", fd, fd});
	close(fd);
}

void Waiting::Expect(int code, const std::string &sentence)
{
	EXPECT_EQ(process_.Wait(), code) << ReadFile(path_);
	std::string said = ReadFile(path_);
	EXPECT_NE(said.find(sentence), std::string::npos) << said;
	size_t first = said.find("aeterna-launch: ");
	EXPECT_EQ(first == std::string::npos, code == 0) << said;
	EXPECT_EQ(said.rfind("aeterna-launch: "), first) << "answered twice: " << said;
}

// --- the service ---

void HoldTest::Begin(const std::vector<std::string> &settings, const std::string &program,
	const std::vector<std::string> &env)
{
	Prepare(settings, program, env);
	service_->Start();
	serving_ = service_->ProgramPid();
	Forget();
}

void HoldTest::Prepare(const std::vector<std::string> &settings, const std::string &program,
	const std::vector<std::string> &env)
{
	service_ = std::make_unique<Service>(
		Program{"held", {program}, {"http://127.0.0.1:{P}/"}, env, false});
	Configure(settings);
}

void HoldTest::Configure(const std::vector<std::string> &settings)
{
	std::vector<std::string> all = settings;

	for (const char *usual : {"service.ready_after: 100ms", "service.start_timeout: 30s",
		     "service.stop_timeout: 20s", "service.restart: always",
		     "handoff.timeout: 30s"}) {
		std::string key(usual, strcspn(usual, " "));
		bool given = false;

		for (const std::string &setting : settings)
			given = given || setting.compare(0, key.size(), key) == 0;
		if (!given)
			all.emplace_back(usual);
	}
	service_->WriteConfiguration(all);
}

Asked HoldTest::Ask(const std::string &verb) const
{
	if (verb == "dry")
		return std::make_unique<Waiting>(
			*service_, std::vector<std::string>{"check", "--dry-run"});
	return std::make_unique<Waiting>(*service_, std::vector<std::string>{verb});
}

void HoldTest::Say(const std::string &step, const std::string &word)
{
	unlink((service_->directory() + "/at-" + step).c_str());
	WriteFile(service_->directory() + "/" + step, word + "\n");
}

void HoldTest::Hold(const std::string &step)
{
	Say(step, "hold");
}

void HoldTest::AwaitAt(const std::string &step)
{
	ASSERT_TRUE(Eventually([&] {
		return access((service_->directory() + "/at-" + step).c_str(), F_OK) == 0;
	})) << step
	    << service_->log();
}

void HoldTest::Release(const std::string &step)
{
	Say(step, "go");
}

void HoldTest::HoldRequest()
{
	Hold("request");
	slow_ = std::make_unique<Connection>(service_->urls()[0]);
	slow_->Ask("/held");
	AwaitAt("request");
}

void HoldTest::Stop(pid_t pid)
{
	stopped_ = pid;
	kill(pid, SIGSTOP);
	ASSERT_TRUE(Eventually([&] { return StateOf(pid) == 'T'; }));
}

void HoldTest::LetGo()
{
	for (const char *step : {"start", "bound", "dump", "load", "request", "end"})
		WriteFile(service_->directory() + "/" + step, "go\n");
	if (stopped_ > 0)
		kill(stopped_, SIGCONT);
	stopped_ = -1;
}

// --- what the launcher did ---

bool HoldTest::Took(const std::string &row) const
{
	return service_->log().find("debug: swap: " + row + "\n", forgotten_) != std::string::npos;
}

void HoldTest::ExpectRow(const std::string &row)
{
	EXPECT_TRUE(Eventually([&] { return Took(row); })) << row << "\n" << service_->log();
}

void HoldTest::Forget()
{
	forgotten_ = service_->log().size();
}

// --- states ---

Asked HoldTest::EnterState(const std::string &state, const std::string &verb)
{
	bool waits_for_request = state == "SETTLE" || state == "QUIET" || state == "YIELD";
	Asked asked;

	serving_ = service_->ProgramPid();
	Forget();
	NextVersion();
	if (waits_for_request)
		HoldRequest();
	else if (state == "GATE")
		Stop(ServingWorker());
	else if (state == "BOOT" || state == "START")
		Hold("start");
	else if (state == "DUMP" || state == "COPY")
		Hold("dump");
	else if (state == "END_OLD")
		Hold("end");
	else
		Hold("load"); // LOAD, ECHO
	asked = Ask(verb);
	if (state == "ECHO") {
		AwaitAt("load");
		Hold("dump");
		Release("load");
	}
	EXPECT_TRUE(Eventually([&] {
		std::string log = service_->log();
		size_t row = log.rfind("debug: swap: ");
		size_t end = log.find('\n', row);

		return row != std::string::npos && row >= forgotten_ && end != std::string::npos &&
			log.compare(end - state.size() - 1, state.size() + 1, " " + state) == 0;
	})) << state
	    << service_->log();
	if (state == "BOOT" || state == "START")
		AwaitAt("start");
	else if (state == "DUMP" || state == "COPY" || state == "ECHO")
		AwaitAt("dump");
	else if (state == "LOAD")
		AwaitAt("load");
	else if (state == "END_OLD")
		AwaitAt("end");
	return asked;
}

void HoldTest::AskMeanwhile(const std::string &state, Asked *ret_reload, Asked *ret_snapshot)
{
	Ask("dry")->Expect(1, kBusy);
	ExpectRow(state + " TRY always say_busy " + state);
	*ret_reload = Ask("reload");
	ExpectRow(state + " REQUEST always remember " + state);
	*ret_snapshot = Ask("snapshot");
	ExpectRow(state + " SNAPSHOT always remember_snapshot " + state);
}

pid_t HoldTest::ServingWorker() const
{
	std::vector<pid_t> workers = ChildrenOf(serving_);

	return workers.empty() ? serving_ : workers.back();
}

pid_t HoldTest::Candidate() const
{
	pid_t found = -1;

	EXPECT_TRUE(Eventually([&] {
		for (pid_t pid : ChildrenOf(service_->launcher().pid()))
			if (pid != serving_ && StateOf(pid) != 'Z')
				found = pid;
		return found > 0;
	})) << service_->log();
	return found;
}

void HoldTest::KillServing()
{
	ASSERT_GT(serving_, 0);
	if (stopped_ == serving_)
		stopped_ = -1;
	kill(serving_, SIGKILL);
}

void HoldTest::ExpectServes(int version)
{
	std::string word = "v" + std::to_string(version) + " ";

	EXPECT_EQ(service_->Get().compare(0, word.size(), word), 0) << service_->log();
	EXPECT_TRUE(service_->WaitForState("running")) << service_->Status();
	serving_ = service_->ProgramPid();
}

void HoldTest::ExpectGood()
{
	LetGo();
	NextVersion();
	Ask("reload")->Expect(0, "");
	ExpectServes(version_);
}

void HoldTest::ExpectStopped(int code)
{
	std::vector<pid_t> processes = DescendantsOf(service_->launcher().pid());

	EXPECT_EQ(service_->launcher().Wait(), code) << service_->log();
	EXPECT_EQ(LeftBehind(processes, service_->directory()), "");
}

} // namespace aet
