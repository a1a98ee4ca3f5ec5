/* The files of snapshots: the last two whole ones are there at any moment, whenever the writer is
 * killed; what cannot be read is not overwritten; a full disk changes nothing. */
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <dirent.h>
#include <set>
#include <string>
#include <sys/file.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "in_child.h"
#include "state_sample.h"

extern "C" {
#include "state/state_disk.h"
}

namespace
{

std::string said; /* about refused files */

void Say(const char *path, const aet_state_file_flaw *flaw)
{
	said += std::string(strrchr(path, '/') + 1) + ": " + flaw->reason + "\n";
}

class StateDisk : public testing::Test
{
      protected:
	void SetUp() override
	{
		char made[] = "/tmp/aeterna-disk-XXXXXX";

		ASSERT_NE(mkdtemp(made), nullptr);
		directory = made;
		path = directory + "/state";
		said.clear();
	}
	void TearDown() override
	{
		ASSERT_EQ(system(("rm -rf " + directory).c_str()), 0);
	}
	/* Of the sample with that seed. */
	int Write(unsigned seed, const aet_state_disk_refused *refused = nullptr) const
	{
		aet_state_set set;
		int result;

		state_sample::Make(&set, seed, 5000);
		result = aet_state_disk_write(path.c_str(), &set, "", refused);
		aet_state_set_clear(&set);
		return result;
	}
	/* The seed of the sample that is read; below 0: -errno. */
	int Read(aet_state_disk_refused *refused = nullptr) const
	{
		aet_state_disk_refused mine;
		aet_state_set got = {};
		aet_state_set want;
		int result =
			aet_state_disk_read(path.c_str(), &got, Say, refused ? refused : &mine);

		if (result < 0)
			return result;
		int seed = static_cast<int>(got.created_ns - 1700000000123456789u);
		state_sample::Make(&want, unsigned(seed), 5000);
		state_sample::ExpectSame(&got, &want);
		aet_state_set_clear(&want);
		aet_state_set_clear(&got);
		return seed;
	}
	std::set<std::string> Names() const
	{
		std::set<std::string> names;
		DIR *dir = opendir(directory.c_str());

		while (const dirent *entry = readdir(dir))
			if (entry->d_name[0] != '.')
				names.insert(entry->d_name);
		closedir(dir);
		return names;
	}
	void Damage(const std::string &name, off_t at) const
	{
		int fd = open((directory + "/" + name).c_str(), O_RDWR | O_CLOEXEC);
		char byte = 0;

		ASSERT_EQ(pread(fd, &byte, 1, at), 1);
		byte = static_cast<char>(byte ^ 1);
		ASSERT_EQ(pwrite(fd, &byte, 1, at), 1);
		close(fd);
	}

	std::string directory;
	std::string path;
};

using Strings = std::set<std::string>;

TEST_F(StateDisk, TheLastTwoAreKept)
{
	EXPECT_EQ(Read(), -ENOENT);
	for (unsigned seed = 1; seed <= 4; seed++) {
		EXPECT_EQ(Write(seed), 0);
		EXPECT_EQ(Read(), int(seed));
	}
	EXPECT_EQ(Names(), (Strings{"state", "state.1"}));
	struct stat info = {};
	ASSERT_EQ(stat(path.c_str(), &info), 0);
	EXPECT_EQ(info.st_mode & 07777, 0600u);
	EXPECT_EQ(info.st_nlink, 1u);
	ASSERT_EQ(unlink(path.c_str()), 0);
	EXPECT_EQ(Read(), 3);
	EXPECT_EQ(said, "");
}

TEST_F(StateDisk, ATornOneIsSaidAndTheOneBeforeIsRead)
{
	EXPECT_EQ(Write(1), 0);
	EXPECT_EQ(Write(2), 0);
	Damage("state", 8192 + 100);
	EXPECT_EQ(Read(), 1);
	EXPECT_EQ(said, "state: state_corrupt\n");
	Damage("state.1", 100);
	EXPECT_EQ(Read(), -EBADMSG);
	EXPECT_EQ(Names(), (Strings{"state", "state.1"}));
}

TEST_F(StateDisk, WhatWasRefusedIsNotOverwritten)
{
	aet_state_disk_refused refused;

	EXPECT_EQ(Write(1), 0);
	EXPECT_EQ(Write(2), 0);
	Damage("state", 8192 + 100); /* its header is good: who has read it all knows */
	Damage("state.1", 100);
	EXPECT_EQ(Read(&refused), -EBADMSG);
	for (unsigned seed = 3; seed <= 6; seed++)
		EXPECT_EQ(Write(seed, &refused), 0);
	EXPECT_EQ(Read(), 6);
	EXPECT_EQ(Names(), (Strings{"state", "state.1", "state.refused-1", "state.refused-2"}));
}

TEST_F(StateDisk, ALinkIsNotWrittenThrough)
{
	std::string other = directory + "/other";
	int fd = open(other.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	ASSERT_EQ(write(fd, "precious", 8), 8);
	close(fd);
	ASSERT_EQ(symlink(other.c_str(), path.c_str()), 0);
	ASSERT_EQ(symlink(other.c_str(), (path + ".new").c_str()), 0);
	EXPECT_LT(Write(1), 0);
	ASSERT_EQ(unlink((path + ".new").c_str()), 0);
	EXPECT_EQ(Write(1), 0);
	EXPECT_EQ(Read(), 1);
	struct stat info = {};
	ASSERT_EQ(stat(other.c_str(), &info), 0);
	EXPECT_EQ(info.st_size, 8);
}

TEST_F(StateDisk, OneWritesAtATime)
{
	int fd = open((path + ".new").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);

	ASSERT_EQ(flock(fd, LOCK_EX), 0);
	EXPECT_EQ(Write(1), -EBUSY);
	close(fd);
	EXPECT_EQ(Write(1), 0);
	EXPECT_EQ(Names(), (Strings{"state"}));
}

TEST_F(StateDisk, AFullDiskChangesNothing)
{
	EXPECT_EQ(Write(1), 0);
	EXPECT_EQ(Write(2), 0);
	for (rlim_t most = 0; most < 20480; most += 2048)
		EXPECT_EQ(in_child([&] {
			aet_state_set set;
			rlimit limit = {most, most};

			state_sample::Make(&set, 3, 5000);
			signal(SIGXFSZ, SIG_IGN);
			WANT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
			WANT(aet_state_disk_write(path.c_str(), &set, "", nullptr) == -EFBIG);
			return 0;
		}),
			0)
			<< most;
	EXPECT_EQ(Read(), 2);
	EXPECT_EQ(Names(), (Strings{"state", "state.1"}));
	EXPECT_EQ(Write(3), 0);
}

/* Kills a child that writes at its n-th stop before or after a system call: true if it came so far. */
bool KillAt(int stop, const std::function<void()> &write)
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
		raise(SIGSTOP);
		write();
		_exit(0);
	}
	waitpid(child, &status, 0);
	for (int i = 0; i < stop && WIFSTOPPED(status); i++) {
		ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
		waitpid(child, &status, 0);
	}
	if (!WIFSTOPPED(status))
		return false;
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return true;
}

/* Between any two system calls of the writer a whole snapshot is there, and the next one is written. */
TEST_F(StateDisk, WheneverItIsKilledTheLastWholeOneIsThere)
{
	unsigned old_ones = 0;
	unsigned new_ones = 0;
	int stop = 1;

	EXPECT_EQ(Write(1), 0);
	EXPECT_EQ(Write(2), 0);
	while (KillAt(stop, [&] { (void)Write(3); })) {
		int seed = Read();

		EXPECT_TRUE(seed == 2 || seed == 3) << seed << " at stop " << stop;
		EXPECT_GE(seed, new_ones ? 3 : 2) << "it comes and stays, at stop " << stop;
		old_ones += seed == 2;
		new_ones += seed == 3;
		EXPECT_EQ(said, "") << stop;
		ASSERT_EQ(unlink((path + ".1").c_str()) < 0 && errno != ENOENT, false);
		EXPECT_EQ(Write(1), 0) << stop;
		EXPECT_EQ(Write(2), 0) << stop;
		EXPECT_EQ(Names(), (Strings{"state", "state.1"})) << stop;
		stop++;
	}
	RecordProperty("stops", stop);
	EXPECT_GT(old_ones, 40u);
	EXPECT_GT(new_ones, 2u);
	printf("killed at %d stops: the old one was there %u times, the new one %u times\n",
		stop - 1, old_ones, new_ones);
}

TEST_F(StateDisk, ADirectoryThatOthersMayWriteIsSeen)
{
	EXPECT_FALSE(aet_state_disk_is_open_to_others(path.c_str()));
	ASSERT_EQ(chmod(directory.c_str(), 0777), 0);
	EXPECT_TRUE(aet_state_disk_is_open_to_others(path.c_str()));
	ASSERT_EQ(chmod(directory.c_str(), 01777), 0);
	EXPECT_FALSE(aet_state_disk_is_open_to_others(path.c_str()));
}

} // namespace
