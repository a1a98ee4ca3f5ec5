// No room for the state, wherever it would have to be: the swap is undone as no_memory, nobody dies of
// it, and when there is room again the next one goes well.

#include <sys/resource.h>

#include <filesystem>

#include "state_faults.h"

namespace aet
{

class MemoryTest : public FaultTest
{
      protected:
	void BeginLarge()
	{
		BeginCounting({kState, kArenas});
	}
	// The soft limit of a process that runs; RLIM_INFINITY: what the hard one is.
	static void Limit(pid_t pid, __rlimit_resource resource, rlim_t soft)
	{
		rlimit limit = {};

		ASSERT_EQ(prlimit(pid, resource, nullptr, &limit), 0);
		limit.rlim_cur = std::min(soft, limit.rlim_max);
		ASSERT_EQ(prlimit(pid, resource, &limit, nullptr), 0);
	}
	static constexpr char kState[] = "STATE_MIB=16";
	// mallopt(3): what was reserved for another thread would be room enough.
	static constexpr char kArenas[] = "MALLOC_ARENA_MAX=1";
};

TEST_P(MemoryTest, OfTheNewVersion)
{
	BeginLarge();
	service_->SetFault("cramped");
	ExpectUndone("no_memory");
	service_->SetFault("ok");
	ExpectGoodSwapAndExact();
}

TEST_P(MemoryTest, OfTheOldVersion)
{
	BeginLarge();
	pid_t program = service_->ProgramPid();
	rlim_t all = static_cast<rlim_t>(ResidentKiBOf(program, "VmSize")) << 10;

	Limit(program, RLIMIT_AS, all + (4 << 20));
	ExpectUndone("no_memory");
	Limit(program, RLIMIT_AS, RLIM_INFINITY);
	ExpectGoodSwapAndExact();
}

// setrlimit(2): a write that makes a file longer than RLIMIT_FSIZE fails and brings SIGXFSZ, whose
// default is to kill. By a stream the writer is the launcher; by shared memory it is the program, in what
// the launcher has made room for.
TEST_P(MemoryTest, OfWhoeverWritesTheContainer)
{
	BeginLarge();
	std::vector<pid_t> writers = {service_->launcher().pid()};

	if (!GetParam().IsPipe())
		writers.push_back(service_->ProgramPid());
	for (pid_t writer : writers)
		Limit(writer, RLIMIT_FSIZE, 4 << 20);
	ExpectUndone("no_memory");
	for (pid_t writer : writers)
		Limit(writer, RLIMIT_FSIZE, RLIM_INFINITY);
	ExpectGoodSwapAndExact();
}

INSTANTIATE_TEST_SUITE_P(Writers, MemoryTest, testing::ValuesIn(Writers()), WriterName);

// Without memfd_create(2) the state lies in /dev/shm, which has a size: 64 MiB in a container of
// Docker's. Memory that is mapped there and is not there when it is touched is SIGBUS.
class SharedMemoryTest : public MemoryTest
{
      protected:
	// In the launcher's /dev/shm, which is none but its own, as proc(5) shows it: nsenter(1) would
	// leave a chroot, and what it finds there has no limit.
	std::string Filler() const
	{
		std::string pid = std::to_string(service_->launcher().pid());

		return std::filesystem::path("/proc") / pid / "root" / "dev/shm/filler";
	}
};

TEST_P(SharedMemoryTest, IsFull)
{
	service_ = std::make_unique<Service>(
		CounterProgram(CommandIn(GetParam().language), {kState, "NO_ARENA=1"}), Settings());
	service_->DoWithoutMemfd();
	service_->LimitSharedMemory("48m");
	service_->Start();
	Count();
	const std::string filler = Filler();
	Output filled = aet::Run({"fallocate", "-l", "40M", filler});
	ASSERT_EQ(filled.code, 0) << filled.err;
	ExpectUndone("no_memory");
	// Not even a page.
	filled = aet::Run({"dd", "if=/dev/zero", "of=" + filler, "bs=4k", "count=16384"});
	ASSERT_EQ(filled.code, 1) << "64 MiB had room";
	ExpectUndone("no_memory");
	// What the hook in C writes, and not a page more for the container.
	std::filesystem::resize_file(
		filler, std::filesystem::file_size(filler) - (16 << 20) - 4096);
	ExpectUndone("no_memory");
	std::filesystem::remove(filler);
	ExpectGoodSwapAndExact();
}

INSTANTIATE_TEST_SUITE_P(Writers, SharedMemoryTest,
	testing::Values(Writer{"c", "shm"}, Writer{"python", "shm"}), WriterName);

// Nobody knows how large a state is that was never dumped: its process is asked while the new one boots,
// and as much is fetched before the gate.
class FirstSwapTest : public MemoryTest
{
      protected:
	uint64_t BytesOfTheState() const
	{
		std::string place = "/proc/" + std::to_string(service_->launcher().pid()) + "/fd";
		std::error_code gone;
		uint64_t most = 0;

		for (const auto &entry : std::filesystem::directory_iterator(place, gone)) {
			std::string name = std::filesystem::read_symlink(entry, gone);

			if (name.find("aeterna-state") != std::string::npos)
				most = std::max<uint64_t>(
					most, std::filesystem::file_size(entry, gone));
		}
		return most;
	}
};

TEST_P(FirstSwapTest, FindsItsMemoryThere)
{
	TemporaryDirectory directory;
	std::string bulk = directory.path() + "/bulk";

	ASSERT_EQ(aet::Run({"truncate", "-s", "64M", bulk}).code, 0);
	BeginCounting({"BULK_FILE=" + bulk}, "600ms");
	std::filesystem::remove(bulk);
	SetDumpFault("hang");
	Process reload = service_->ReloadMeanwhile();
	EXPECT_TRUE(Eventually([&] { return ChildrenOf(service_->ProgramPid()).size() == 1; }));
	EXPECT_GE(BytesOfTheState(), 60u << 20);
	EXPECT_LE(BytesOfTheState(), 80u << 20);
	EXPECT_EQ(reload.Wait(), 1) << service_->log();
	SetDumpFault("none");
	ExpectGoodSwapAndExact();
}

INSTANTIATE_TEST_SUITE_P(
	Writers, FirstSwapTest, testing::Values(Writer{"python", "shm"}), WriterName);

} // namespace aet
