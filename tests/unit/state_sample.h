/* A state of two processes for the tests of its files: containers, files and a socket beside them, of
 * sizes around a page and a leaf. */
#ifndef AET_TESTS_STATE_SAMPLE_H
#define AET_TESTS_STATE_SAMPLE_H

#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

extern "C" {
#include "state/state_file.h"
#include "state/state_file_read.h"
#include "state/state_set.h"
}

namespace state_sample
{

inline int MemoryFile(size_t size, unsigned seed)
{
	int fd = memfd_create("sample", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	std::string bytes(size, '\0');

	for (size_t i = 0; i < size; i++)
		bytes[i] = static_cast<char>(seed + i * 7 + i / 4096);
	EXPECT_EQ(write(fd, bytes.data(), size), ssize_t(size));
	return fd;
}

inline std::string Bytes(int fd)
{
	struct stat info = {};

	EXPECT_EQ(fstat(fd, &info), 0);
	std::string bytes(size_t(info.st_size), '\0');
	EXPECT_EQ(pread(fd, &bytes[0], bytes.size(), 0), ssize_t(bytes.size()));
	return bytes;
}

/* The seed tells one sample from another. */
inline void Make(aet_state_set *set, unsigned seed, size_t large = (1 << 20) + 5)
{
	*set = {};
	set->count = 2;
	set->mechanism = AET_MECHANISM_SHM;
	set->writer = 7;
	set->created_ns = 1700000000123456789u + seed;
	for (uint8_t i = 0; i < 16; i++)
		set->run_id[i] = static_cast<uint8_t>(0xa0 + i);
	set->pieces[0].fd = MemoryFile(large, seed);
	set->pieces[1].fd = MemoryFile(4096, seed + 1);
	EXPECT_EQ(aet_fd_list_add(&set->pieces[1].beside, MemoryFile(300, seed + 2)), 0);
	EXPECT_EQ(aet_fd_list_add(&set->pieces[1].beside, socket(AF_UNIX, SOCK_STREAM, 0)), 0);
	EXPECT_EQ(aet_fd_list_add_ended(&set->pieces[1].beside), 0);
	EXPECT_EQ(aet_fd_list_add(&set->pieces[1].beside, MemoryFile(0, 0)), 0);
	for (unsigned i = 0; i < 2; i++)
		set->bytes += Bytes(set->pieces[i].fd).size();
	set->bytes += 300;
}

inline void ExpectSame(const aet_state_set *got, const aet_state_set *want)
{
	ASSERT_EQ(got->count, want->count);
	EXPECT_EQ(got->bytes, want->bytes);
	EXPECT_EQ(got->writer, want->writer);
	EXPECT_EQ(got->created_ns, want->created_ns);
	EXPECT_EQ(got->mechanism, want->mechanism);
	EXPECT_EQ(memcmp(got->run_id, want->run_id, sizeof(got->run_id)), 0);
	for (unsigned i = 0; i < got->count; i++) {
		const aet_fd_list *beside = &got->pieces[i].beside;

		EXPECT_EQ(Bytes(got->pieces[i].fd), Bytes(want->pieces[i].fd)) << i;
		ASSERT_EQ(beside->count, want->pieces[i].beside.count) << i;
		for (unsigned k = 0; k < beside->count; k++) {
			struct stat info = {};
			int other = want->pieces[i].beside.fds[k];

			if (other < 0 || fstat(other, &info) < 0 || S_ISSOCK(info.st_mode)) {
				EXPECT_EQ(beside->fds[k], -1) << k;
				continue;
			}
			EXPECT_EQ(Bytes(beside->fds[k]), Bytes(other)) << k;
			EXPECT_TRUE(fcntl(beside->fds[k], F_GET_SEALS) & F_SEAL_WRITE) << k;
		}
		EXPECT_TRUE(fcntl(got->pieces[i].fd, F_GET_SEALS) & F_SEAL_SHRINK) << i;
	}
}

} // namespace state_sample

#endif
