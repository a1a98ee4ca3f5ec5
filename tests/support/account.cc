#include "account.h"

#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "process.h"

namespace aet
{

// Standard streams, epoll, signals, the phase page, the library's socket and the two of commands.
constexpr int kOwn = 9;

Account::Account() : inherited_(0)
{
	DIR *dir = opendir("/proc/self/fd");

	while (const dirent *entry = dir ? readdir(dir) : nullptr) {
		int fd = atoi(entry->d_name);
		int flags = fd > 2 && fd != dirfd(dir) ? fcntl(fd, F_GETFD) : -1;

		inherited_ += flags >= 0 && !(flags & FD_CLOEXEC);
	}
	if (dir)
		closedir(dir);
}

static int Count(const std::string &text, const char *what)
{
	int count = 0;

	for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
		count++;
	return count;
}

static bool IsAlive(pid_t pid)
{
	char state = StateOf(pid);

	return state && state != 'Z' && state != 'X';
}

// 0: not known, because the program has overwritten its environment.
static unsigned GenerationOf(pid_t pid)
{
	std::string environ = ReadFile("/proc/" + std::to_string(pid) + "/environ");
	size_t at = environ.find("AETERNA_GENERATION=");

	return at == std::string::npos ? 0 : static_cast<unsigned>(atoi(&environ[at + 19]));
}

// States in the launcher's memory: the snapshot, and those that are set aside and not on the disk.
static int Sets(const nlohmann::json &status)
{
	const nlohmann::json &snapshot = status["snapshot"];
	int sets = snapshot.is_object() && !snapshot["age_s"].is_null();

	for (const nlohmann::json &aside : status["set_aside"])
		sets += aside["file"].is_null();
	return sets;
}

std::string Account::Complaint(
	pid_t launcher, const nlohmann::json &status, const std::string &log, bool notified) const
{
	int processes = Count(log, " takes part\n") - Count(log, " left\n");
	int listeners = static_cast<int>(status["listeners"].size());
	for (const nlohmann::json &one : status["private_listeners"])
		listeners += one["held"] == true;
	int generations = 1 + static_cast<int>(status["draining"].size());
	// Of each listener itself, the two ends of its handoff queue and a placeholder for each generation; of each
	// process its lifeline; of a snapshot the container and the hook's own file.
	int most = kOwn + inherited_ + processes + listeners * (3 + generations) +
		(notified ? generations : 0) + Sets(status) * 2;
	int now = DescriptorsOf(launcher);
	std::string complaint;

	if (now > most)
		complaint += "the launcher has " + std::to_string(now) + " descriptors, not " +
			std::to_string(most) + "\n";
	if (ThreadsOf(launcher) != 1)
		complaint +=
			"the launcher has " + std::to_string(ThreadsOf(launcher)) + " threads\n";
	for (pid_t pid : DescendantsOf(launcher)) {
		unsigned number = GenerationOf(pid);
		bool known = number == 0 || status["generation"] == number || !IsAlive(pid);

		for (const nlohmann::json &draining : status["draining"])
			known = known || draining["generation"] == number;
		if (!known)
			complaint += "generation " + std::to_string(number) + " still has " +
				CommandOf(pid) + "\n";
	}
	return complaint;
}

// common/phase.h: the word stands after a magic number and two halves; its low byte is the phase.
bool GateIsShut(pid_t launcher)
{
	std::string fds = "/proc/" + std::to_string(launcher) + "/fd/";
	DIR *dir = opendir(fds.c_str());
	bool shut = false;

	while (const dirent *entry = dir ? readdir(dir) : nullptr) {
		char target[64] = "";
		unsigned char phase = 0;
		int fd;

		if (readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1) < 0 ||
			strcmp(target, "/memfd:aeterna-phase (deleted)") != 0)
			continue;
		fd = open((fds + entry->d_name).c_str(), O_RDONLY | O_CLOEXEC);
		shut = pread(fd, &phase, 1, 16) == 1 && phase == 1;
		close(fd);
	}
	if (dir)
		closedir(dir);
	return shut;
}

std::string LeftBehind(const std::vector<pid_t> &processes, const std::string &directory)
{
	std::string left;

	for (pid_t pid : processes)
		if (IsAlive(pid))
			left += CommandOf(pid) + "\n";
	for (pid_t pid : DescendantsOf(getpid()))
		if (IsAlive(pid) &&
			ReadFile("/proc/" + std::to_string(pid) + "/environ").find(directory) !=
				std::string::npos)
			left += CommandOf(pid) + "\n";
	return left;
}

} // namespace aet
