#include "service.h"

#include "rows.h"

#include <climits>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <map>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace aet
{

static const char *const kTemplates[] = {
	"nginx.conf", "nginx_late.conf", "redis.conf", "haproxy.cfg"};

static std::string Here()
{
	char path[PATH_MAX];

	return getcwd(path, sizeof(path));
}

std::string Launcher()
{
	return Here() + "/bin/aeterna-launch";
}

TemporaryDirectory::TemporaryDirectory()
{
	char path[] = "/tmp/aeterna-test-XXXXXX";

	if (!mkdtemp(path) || chmod(path, 0755))
		throw std::runtime_error("mkdtemp");
	path_ = path;
}

TemporaryDirectory::~TemporaryDirectory()
{
	(void)Run({"rm", "-rf", path_});
}

static void Replace(std::string *text, const std::string &from, const std::string &to)
{
	for (size_t at; (at = text->find(from)) != std::string::npos;)
		text->replace(at, from.size(), to);
}

std::string Service::Fill(std::string text) const
{
	Replace(&text, "{D}", directory());
	Replace(&text, "{P}", std::to_string(port_));
	Replace(&text, "{P1}", std::to_string(port_ + 1));
	Replace(&text, "{P2}", std::to_string(port_ + 2));
	Replace(&text, "{T}", Here() + "/tests/programs");
	Replace(&text, "{B}", Here() + "/build/programs");
	Replace(&text, "{V}", Here() + "/build/venv/bin");
	return text;
}

Service::Service(const Program &program, const std::vector<std::string> &settings)
    : port_(FreePort()), program_(program), launcher_words_({Launcher()})
{
	for (std::string &word : program_.command)
		word = Fill(word);
	for (std::string &url : program_.urls)
		url = Fill(url);
	env_ = program_.env;
	for (std::string &variable : env_)
		variable = Fill(variable);
	env_.insert(env_.end(),
		{"DIR=" + directory(), "PORT=" + std::to_string(port_),
			"VERSION_FILE=" + directory() + "/version", "PYTHONDONTWRITEBYTECODE=1",
			"FIRST_REQUEST=" + directory() + "/taken",
			"HOME=" + directory()}); // gunicorn puts a control socket there
	if (mkdir((directory() + "/www").c_str(), 0755))
		throw std::runtime_error("mkdir");
	SetVersion(1);
	WriteConfiguration(settings);
}

Service::~Service()
{
	if (launcher_.pid() <= 0)
		return;
	(void)Stop();
	TellRows(log());
	for (pid_t pid : DescendantsOf(launcher_.pid()))
		kill(pid, SIGKILL);
	// Orphans of a launcher that was killed are ours now.
	launcher_ = Process();
	for (pid_t pid : DescendantsOf(getpid()))
		if (ReadFile("/proc/" + std::to_string(pid) + "/environ").find(directory()) !=
			std::string::npos)
			kill(pid, SIGKILL);
}

// "service.ready: accept" goes below "service:".
void Service::WriteConfiguration(const std::vector<std::string> &settings)
{
	std::map<std::string, std::string> sections;
	std::vector<std::string> command = runner_;
	std::string text;

	command.insert(command.end(), program_.command.begin(), program_.command.end());
	sections["service"] = "  name: test\n";
	sections["service"] += "  command: " + nlohmann::json(command).dump() + "\n";
	if (program_.listens_by_launcher)
		sections["service"] += "  listen: [\"tcp://127.0.0.1:" + std::to_string(port_) +
			"\"]\n  ready: accept\n";
	for (const std::string &setting : settings) {
		size_t dot = setting.find('.');

		sections[setting.substr(0, dot)] += "  " + Fill(setting.substr(dot + 1)) + "\n";
	}
	for (const auto &section : sections)
		text += section.first + ":\n" + section.second;
	WriteFile(configuration(), text);
}

void Service::RunBy(const std::vector<std::string> &words, const std::vector<std::string> &settings)
{
	runner_.clear();
	for (const std::string &word : words)
		runner_.push_back(Fill(word));
	WriteConfiguration(settings);
}

// By the program: rendering takes longer than many a swap.
bool Service::IsRead(const std::string &name) const
{
	for (const std::string &word : program_.command)
		if (word == directory() + "/" + name)
			return true;
	return false;
}

void Service::SetVersion(int number)
{
	std::string version = "v" + std::to_string(number);

	version_ = number;
	WriteFile(directory() + "/version", version + "\n");
	WriteFile(directory() + "/www/index.html", version + "\n");
	WriteFile(directory() + "/megabytes", std::to_string(64 + number));
	for (const char *name : kTemplates) {
		if (!IsRead(name))
			continue;
		Output rendered = Run(
			{"tests/programs/render.sh", std::string("tests/programs/") + name + ".in"},
			{{"DIR=" + directory(), "PORT=" + std::to_string(port_),
				 "VERSION=" + version},
				"", -1, -1});

		if (rendered.code)
			throw std::runtime_error(rendered.err);
		WriteFile(directory() + "/" + name, rendered.out);
	}
}

std::string Service::Version() const
{
	if (program_.name == "memcached")
		return std::to_string((64L + version_) * 1024 * 1024);
	return "v" + std::to_string(version_);
}

void Service::SetFault(const std::string &mode)
{
	WriteFile(directory() + "/mode", mode + "\n");
}

void Service::SetSteps(const std::string &words)
{
	WriteFile(directory() + "/steps", Fill(words) + "\n");
}

void Service::BecomeOrdinaryUser()
{
	std::string bin = directory() + "/bin";
	std::string lib = directory() + "/lib";
	std::string here = Here();

	if (Run({"mkdir", bin, lib}).code || Run({"cp", Launcher(), bin}).code ||
		Run({"cp", "-r", here + "/lib/libaeterna_preload.so", here + "/lib/plain", lib})
			.code ||
		Run({"chown", "-R", "65534:65534", directory()}).code)
		throw std::runtime_error("chown");
	launcher_words_ = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
		"--bounding-set=-all", "--inh-caps=-all", bin + "/aeterna-launch"};
}

void Service::DoWithoutMemfd()
{
	launcher_words_.insert(launcher_words_.begin(), Fill("{B}/no_memfd"));
}

void Service::LimitSharedMemory(const std::string &size)
{
	std::vector<std::string> words = {"unshare", "--mount", "sh", "-c",
		"mount -t tmpfs -o size=" + size + " tmpfs /dev/shm && exec \"$@\"", "sh"};

	launcher_words_.insert(launcher_words_.begin(), words.begin(), words.end());
}

void Service::ActivateBy(const std::vector<std::string> &words)
{
	for (const std::string &word : words)
		activator_.push_back(Fill(word));
}

std::vector<std::string> Service::Words(const std::vector<std::string> &arguments) const
{
	std::vector<std::string> words = launcher_words_;

	words.insert(words.end(), arguments.begin(), arguments.end());
	return words;
}

void Service::Launch()
{
	account_ = Account();
	int fd = open(
		(directory() + "/log").c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0644);

	std::vector<std::string> words = Words({"-v", "-c", configuration()});
	words.insert(words.begin(), activator_.begin(), activator_.end());
	launcher_ = Process(words, SpawnOptions{env_, directory(), fd, fd});
	close(fd);
}

void Service::Start()
{
	Launch();
	if (!WaitForState("running"))
		throw std::runtime_error(program_.name + " does not come up: " + log());
}

Output Service::Command(const std::string &verb, bool json) const
{
	std::vector<std::string> command = Words({verb, "-c", configuration()});

	if (json)
		command.push_back("--json");
	return Run(command);
}

Process Service::ReloadMeanwhile() const
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	Process process(Words({"reload", "-c", configuration()}), SpawnOptions{{}, "", null, null});

	close(null);
	return process;
}

nlohmann::json Service::Status() const
{
	Output output = Command("status", true);

	return output.code ? nlohmann::json() : nlohmann::json::parse(output.out);
}

std::string Service::StatusText(const std::string &key) const
{
	nlohmann::json status = Status();

	if (!status.is_object() || !status["last_swap"].is_object())
		return "unknown";
	return status["last_swap"][key].get<std::string>();
}

pid_t Service::ProgramPid() const
{
	nlohmann::json status = Status();

	return status.is_object() && status["pid"].is_number() ? status["pid"].get<pid_t>() : -1;
}

bool Service::WaitForState(const std::string &state, Milliseconds deadline) const
{
	auto reached = [this, &state] {
		nlohmann::json status = Status();

		return status.is_object() && status["state"] == state;
	};

	return Eventually(reached, deadline);
}

void Service::ExpectNothingToSpare() const
{
	std::string complaint;

	// Of two readings that belong together.
	EXPECT_TRUE(Eventually(
		[&] {
			nlohmann::json status = Status();

			complaint = "no launcher answers";
			if (!status.is_object())
				return false;
			complaint = account_.Complaint(launcher_.pid(), status, log(),
				ReadFile(configuration()).find("ready: notify") !=
					std::string::npos);
			return complaint.empty();
		},
		Milliseconds(5000)))
		<< complaint << log();
}

int Service::Stop()
{
	std::vector<pid_t> processes;
	int code;

	if (launcher_.Ended())
		return launcher_.Wait();
	ExpectNothingToSpare();
	processes = DescendantsOf(launcher_.pid());
	launcher_.Signal(SIGTERM);
	code = launcher_.Wait();
	EXPECT_EQ(code == 128 + SIGKILL ? "" : LeftBehind(processes, directory()), "") << log();
	return code;
}

std::string Failures(const nlohmann::json &report)
{
	std::string text;

	for (const nlohmann::json &failure : report["failures"])
		text += failure.dump() + "\n";
	return text;
}

} // namespace aet
