#include "process.h"

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <sstream>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace aet
{

bool Eventually(const std::function<bool()> &happened, Milliseconds deadline)
{
	auto end = std::chrono::steady_clock::now() + deadline;

	while (!happened()) {
		if (std::chrono::steady_clock::now() > end)
			return false;
		std::this_thread::sleep_for(Milliseconds(5));
	}
	return true;
}

static std::vector<char *> Pointers(const std::vector<std::string> &words)
{
	std::vector<char *> pointers;

	for (const std::string &word : words)
		pointers.push_back(const_cast<char *>(word.c_str()));
	pointers.push_back(nullptr);
	return pointers;
}

static std::vector<std::string> Environment(const std::vector<std::string> &more)
{
	std::vector<std::string> all;

	for (char **at = environ; *at; at++) {
		std::string key(*at, strcspn(*at, "=") + 1);
		bool replaced = false;

		for (const std::string &entry : more)
			replaced = replaced || entry.compare(0, key.size(), key) == 0;
		if (!replaced)
			all.push_back(*at);
	}
	all.insert(all.end(), more.begin(), more.end());
	return all;
}

Process::Process(const std::vector<std::string> &command, const SpawnOptions &options)
{
	std::vector<std::string> env = Environment(options.env);
	std::vector<char *> argv = Pointers(command);
	std::vector<char *> envp = Pointers(env);

	// What a dead launcher leaves behind comes to the test, which counts and kills it.
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid_ = fork();
	if (pid_ < 0)
		throw std::runtime_error("fork");
	if (pid_ > 0) {
		(void)setpgid(pid_, pid_);
		return;
	}
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM); // a test that is killed leaves nothing behind
	if (options.out >= 0)
		dup2(options.out, 1);
	if (options.err >= 0)
		dup2(options.err, 2);
	if (!options.directory.empty() && chdir(options.directory.c_str()))
		_exit(127);
	execvpe(argv[0], argv.data(), envp.data());
	_exit(127);
}

Process::Process(Process &&other) noexcept : pid_(other.pid_), status_(other.status_)
{
	other.pid_ = -1;
}

Process &Process::operator=(Process &&other) noexcept
{
	std::swap(pid_, other.pid_);
	std::swap(status_, other.status_);
	return *this;
}

Process::~Process()
{
	if (pid_ <= 0)
		return;
	if (!Ended())
		kill(-pid_, SIGKILL);
	(void)Wait();
}

void Process::Signal(int number) const
{
	if (pid_ > 0)
		kill(pid_, number);
}

bool Process::Ended()
{
	int status = 0;

	if (status_ < 0 && pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_)
		status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return status_ >= 0;
}

int Process::Wait(Milliseconds deadline)
{
	return Eventually([this] { return Ended(); }, deadline) ? status_ : -1;
}

static std::string Drain(int fd)
{
	std::string text;
	char part[4096];
	ssize_t n;

	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, part, sizeof(part))) > 0)
		text.append(part, static_cast<size_t>(n));
	close(fd);
	return text;
}

Output Run(const std::vector<std::string> &command, const SpawnOptions &options)
{
	SpawnOptions mine = options;
	Output output;

	mine.out = memfd_create("out", MFD_CLOEXEC);
	mine.err = memfd_create("err", MFD_CLOEXEC);
	output.code = Process(command, mine).Wait(Milliseconds(90000));
	output.out = Drain(mine.out);
	output.err = Drain(mine.err);
	return output;
}

std::vector<pid_t> ChildrenOf(pid_t pid)
{
	std::string tasks = "/proc/" + std::to_string(pid) + "/task";
	std::vector<pid_t> children;
	DIR *dir = opendir(tasks.c_str());

	while (const dirent *entry = dir ? readdir(dir) : nullptr) {
		std::ifstream list(tasks + "/" + entry->d_name + "/children");
		pid_t child;

		while (list >> child)
			children.push_back(child);
	}
	if (dir)
		closedir(dir);
	return children;
}

std::vector<pid_t> DescendantsOf(pid_t pid)
{
	std::vector<pid_t> all = ChildrenOf(pid);

	for (size_t i = 0; i < all.size(); i++) {
		std::vector<pid_t> more = ChildrenOf(all[i]);

		all.insert(all.end(), more.begin(), more.end());
	}
	return all;
}

char StateOf(pid_t pid)
{
	std::string stat = ReadFile("/proc/" + std::to_string(pid) + "/stat");
	size_t at = stat.rfind(')');

	return at == std::string::npos ? '\0' : stat[at + 2];
}

std::string CommandOf(pid_t pid)
{
	std::string text = ReadFile("/proc/" + std::to_string(pid) + "/cmdline");

	for (char &c : text)
		if (!c)
			c = ' ';
	return text;
}

int DescriptorsOf(pid_t pid)
{
	DIR *dir = opendir(("/proc/" + std::to_string(pid) + "/fd").c_str());
	int count = -2; // "." and ".."

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

static long StatusOf(pid_t pid, const char *name)
{
	std::string status = ReadFile("/proc/" + std::to_string(pid) + "/status");
	size_t at = status.find(name);

	return at == std::string::npos ? -1 : atol(strchr(&status[at], ':') + 1);
}

int ThreadsOf(pid_t pid)
{
	return static_cast<int>(StatusOf(pid, "Threads"));
}

int TableSizeOf(pid_t pid)
{
	return static_cast<int>(StatusOf(pid, "FDSize"));
}

long ResidentKiBOf(pid_t pid, const char *kind)
{
	return StatusOf(pid, kind);
}

std::string ReadFile(const std::string &path)
{
	std::ifstream file(path);
	std::ostringstream text;

	text << file.rdbuf();
	return text.str();
}

void WriteFile(const std::string &path, const std::string &text, unsigned mode)
{
	std::string beside = path + ".new";

	{
		std::ofstream file(beside);

		file << text;
	}
	if (chmod(beside.c_str(), mode) || rename(beside.c_str(), path.c_str()))
		throw std::runtime_error(path + ": " + strerror(errno));
}

// Binds 127.0.0.1:port (0: any) and says which port it was; 0: taken.
static int Bind(int type, int port, int *ret_fd)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	sockaddr_in address = {};
	socklen_t len = sizeof(address);

	address.sin_family = AF_INET;
	address.sin_port = htons(static_cast<uint16_t>(port));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*ret_fd = fd;
	if (bind(fd, reinterpret_cast<sockaddr *>(&address), len))
		return 0;
	getsockname(fd, reinterpret_cast<sockaddr *>(&address), &len);
	return ntohs(address.sin_port);
}

int FreePort()
{
	for (;;) {
		int fds[6];
		int port = Bind(SOCK_STREAM, 0, &fds[0]);
		bool good = port > 0 && port < 65533;

		good = Bind(SOCK_DGRAM, port, &fds[1]) == port && good;
		for (int i = 1; i < 3; i++) {
			good = Bind(SOCK_STREAM, port + i, &fds[2 * i]) == port + i && good;
			good = Bind(SOCK_DGRAM, port + i, &fds[2 * i + 1]) == port + i && good;
		}
		for (int fd : fds)
			close(fd);
		if (good)
			return port;
	}
}

} // namespace aet
