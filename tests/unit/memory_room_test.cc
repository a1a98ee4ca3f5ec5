// What is left of the machine's memory and of the groups' that this process is in, cgroups(7).

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

extern "C" {
#include "state/memory_room.h"
}

namespace fs = std::filesystem;

class MemoryRoomTest : public testing::Test
{
      protected:
	MemoryRoomTest() : root_(testing::TempDir() + "room-" + std::to_string(getpid()))
	{
		Put("/proc/meminfo", "MemTotal: 9000 kB\nMemFree: 10 kB\nMemAvailable: 4000 kB\n");
		Put("/proc/self/cgroup", "");
	}
	~MemoryRoomTest() override
	{
		fs::remove_all(root_);
	}
	void Put(const std::string &path, const std::string &text)
	{
		fs::create_directories(fs::path(root_ + path).parent_path());
		std::ofstream(root_ + path) << text;
	}
	uint64_t KiB()
	{
		return aet_memory_room(root_.c_str()) / 1024;
	}

      private:
	std::string root_;
};

TEST_F(MemoryRoomTest, TheMachinesAlone)
{
	EXPECT_EQ(KiB(), 4000u);
	Put("/proc/meminfo", "");
	EXPECT_EQ(KiB(), 0u);
}

TEST_F(MemoryRoomTest, TheNarrowestGroupAboveCounts)
{
	Put("/proc/self/cgroup", "0::/a/b\n");
	Put("/sys/fs/cgroup/a/b/memory.max", "max\n");
	Put("/sys/fs/cgroup/a/b/memory.current", "1000\n");
	EXPECT_EQ(KiB(), 4000u);
	Put("/sys/fs/cgroup/a/memory.max", "3072000\n");
	Put("/sys/fs/cgroup/a/memory.current", "1024000\n");
	EXPECT_EQ(KiB(), 2000u);
	Put("/sys/fs/cgroup/a/b/memory.max", "1000\n");
	EXPECT_EQ(KiB(), 0u);
}

// A container that has no namespace of its own is told the host's path, and sees its own files.
TEST_F(MemoryRoomTest, APathThatIsNotThereIsTheRootsOwn)
{
	Put("/proc/self/cgroup", "0::/system.slice/docker-1.scope\n");
	Put("/sys/fs/cgroup/memory.max", "2048000\n");
	Put("/sys/fs/cgroup/memory.current", "1024000\n");
	EXPECT_EQ(KiB(), 1000u);
}

TEST_F(MemoryRoomTest, TheFirstVersionOfGroups)
{
	Put("/proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/x\n0::/x\n");
	Put("/sys/fs/cgroup/memory/x/memory.limit_in_bytes", "1024000\n");
	Put("/sys/fs/cgroup/memory/x/memory.usage_in_bytes", "512000\n");
	EXPECT_EQ(KiB(), 500u);
}
