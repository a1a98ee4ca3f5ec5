#include "phase_word.h"

#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

namespace aet
{

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

} // namespace aet
