#include "hold.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

namespace aet
{

// --- the page ---

constexpr size_t kWordAt = 16; // after a magic number and two halves

static std::vector<std::string> DescriptorsIn(const std::string &directory)
{
	std::vector<std::string> names;
	DIR *dir = opendir(directory.c_str());

	while (const dirent *entry = dir ? readdir(dir) : nullptr)
		if (entry->d_name[0] != '.')
			names.emplace_back(entry->d_name);
	if (dir)
		closedir(dir);
	return names;
}

PhaseWord::PhaseWord(pid_t launcher) : word_(nullptr)
{
	std::string fds = "/proc/" + std::to_string(launcher) + "/fd/";

	for (const std::string &name : DescriptorsIn(fds)) {
		char target[64] = "";

		if (readlink((fds + name).c_str(), target, sizeof(target) - 1) < 0 ||
			strcmp(target, "/memfd:aeterna-phase (deleted)") != 0)
			continue;
		int fd = open((fds + name).c_str(), O_RDWR | O_CLOEXEC);
		void *page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		close(fd);
		if (page == MAP_FAILED)
			throw std::runtime_error("mmap of the phase page");
		word_ = reinterpret_cast<uint64_t *>(static_cast<char *>(page) + kWordAt);
		return;
	}
	throw std::runtime_error("the launcher has no phase page");
}

PhaseWord::~PhaseWord()
{
	munmap(reinterpret_cast<char *>(word_) - kWordAt, 4096);
}

void PhaseWord::Set(int phase, unsigned serving, unsigned candidate)
{
	uint64_t word = static_cast<uint64_t>(phase) | static_cast<uint64_t>(serving) << 8 |
		static_cast<uint64_t>(candidate) << 36;

	__atomic_store_n(word_, word, __ATOMIC_SEQ_CST);
}

void PhaseWord::Abort()
{
	uint64_t serving = __atomic_load_n(word_, __ATOMIC_SEQ_CST) >> 8 & 0xfffffff;

	Set(0, static_cast<unsigned>(serving), 0);
}

// It is connected to the launcher's abstract name for libraries.
static bool IsLifeline(int fd)
{
	sockaddr_un peer = {};
	socklen_t len = sizeof(peer);

	return fd >= 0 && getpeername(fd, reinterpret_cast<sockaddr *>(&peer), &len) == 0 &&
		peer.sun_family == AF_UNIX && memcmp(peer.sun_path + 1, "aeterna/lib/", 12) == 0;
}

void CutLifeline(pid_t pid)
{
	int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
	int cut = 0;

	for (const std::string &name : DescriptorsIn("/proc/" + std::to_string(pid) + "/fd/")) {
		int fd = static_cast<int>(syscall(SYS_pidfd_getfd, pidfd, atoi(name.c_str()), 0));

		if (IsLifeline(fd))
			cut += shutdown(fd, SHUT_RDWR) == 0;
		close(fd);
	}
	close(pidfd);
	EXPECT_EQ(cut, 1) << "a process has one lifeline";
}

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
	else if (state == "DUMP")
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
	else if (state == "DUMP" || state == "ECHO")
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
