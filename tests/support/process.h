// Child processes of a test: started in a process group of their own, waited for with a deadline,
// killed by number and never by name. Nothing in here sleeps to be on the safe side: Eventually()
// polls for the event it is told of and gives up at a deadline.
#ifndef AET_TESTS_PROCESS_H
#define AET_TESTS_PROCESS_H

#include <chrono>
#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace aet
{

using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kLong{30000}; // longer than anything here takes on a busy machine

// Calls `happened` every few milliseconds until it is true; false at the deadline.
bool Eventually(const std::function<bool()> &happened, Milliseconds deadline = kLong);

struct SpawnOptions {
	std::vector<std::string> env; // KEY=VALUE on top of the test's own
	std::string directory; // empty: the test's own
	int out = -1; // standard output and error; -1: the test's own
	int err = -1;
};

class Process
{
      public:
	Process() = default;
	Process(const std::vector<std::string> &command, const SpawnOptions &options);
	Process(Process &&other) noexcept;
	Process &operator=(Process &&other) noexcept;
	~Process(); // kills what is left of its group

	pid_t pid() const
	{
		return pid_;
	}
	void Signal(int number) const;
	bool Ended();
	// Exit status as a shell tells it: the code, or 128 + signal; -1: not ended at the deadline.
	int Wait(Milliseconds deadline = kLong);

      private:
	pid_t pid_ = -1;
	int status_ = -1;
};

struct Output {
	int code;
	std::string out;
	std::string err;
};

// Runs to the end.
Output Run(const std::vector<std::string> &command, const SpawnOptions &options = {});

std::vector<pid_t> ChildrenOf(pid_t pid);
std::vector<pid_t> DescendantsOf(pid_t pid);
char StateOf(pid_t pid); // 'R', 'S', 'Z', ...; 0: gone
std::string CommandOf(pid_t pid);
int DescriptorsOf(pid_t pid);
int ThreadsOf(pid_t pid);
int TableSizeOf(pid_t pid); // numbers for which the kernel has room, with descriptors or not
// "VmRSS", or of that "RssAnon": its own memory, without the pages of the binary.
long ResidentKiBOf(pid_t pid, const char *kind);

std::string ReadFile(const std::string &path);
// Written beside and renamed: a reader sees the old text or the new one.
void WriteFile(const std::string &path, const std::string &text, unsigned mode = 0644);

// N, N+1 and N+2 are free for TCP and UDP on the loopback address.
int FreePort();

} // namespace aet

#endif
