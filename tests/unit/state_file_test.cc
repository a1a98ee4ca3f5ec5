/* A state in a file: what was written is read, and is byte for byte as ever; a byte that is another
 * one, a part that is missing, another format, another owner, a link, is refused with its word. */
#include <cerrno>
#include <cstring>
#include <functional>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "state_sample.h"

extern "C" {
#include "aeterna/state.h"
#include "crc32c.h"
}

namespace
{

using state_sample::Make;

class StateFile : public testing::Test
{
      protected:
	void SetUp() override
	{
		char made[] = "/tmp/aeterna-file-XXXXXX";

		ASSERT_NE(mkdtemp(made), nullptr);
		directory = made;
		path = directory + "/state";
		Make(&set, 1);
		Write();
	}
	void TearDown() override
	{
		aet_state_set_clear(&set);
		ASSERT_EQ(system(("rm -rf " + directory).c_str()), 0);
	}
	void Write()
	{
		int fd = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		ASSERT_GE(fd, 0);
		EXPECT_EQ(aet_state_file_write(fd, &set, "a sentence"), 0);
		close(fd);
	}
	std::string Content() const
	{
		std::ifstream in(path, std::ios::binary);

		return {std::istreambuf_iterator<char>(in), {}};
	}
	void Put(const std::string &content) const
	{
		std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
	}
	/* "": it was read, and is the sample. */
	std::string Reason() const
	{
		aet_state_file_flaw flaw = {};
		aet_state_set got = {};
		std::string reason;
		int fd = aet_state_file_open(AT_FDCWD, path.c_str(), &flaw);

		if (fd < 0)
			return flaw.reason;
		if (aet_state_file_lay_out(fd, &got, &flaw) < 0 ||
			aet_state_file_fill(fd, &got, &flaw) < 0) {
			EXPECT_STRNE(flaw.text, "");
			reason = flaw.reason;
		} else {
			state_sample::ExpectSame(&got, &set);
		}
		aet_state_set_clear(&got);
		close(fd);
		return reason;
	}
	/* A changed header whose checksum is right. */
	std::string ReasonOf(const std::function<void(aet_state_file_header *)> &change) const
	{
		std::string content = Content();
		aet_state_file_header header;
		std::string reason;

		memcpy(&header, content.data(), sizeof(header));
		change(&header);
		header.crc = aet_crc32c(&header, offsetof(aet_state_file_header, crc));
		Put(std::string(reinterpret_cast<char *>(&header), sizeof(header)) +
			content.substr(sizeof(header)));
		reason = Reason();
		Put(content);
		return reason;
	}

	std::string directory;
	std::string path;
	aet_state_set set;
};

TEST_F(StateFile, IsReadAsItWasWritten)
{
	EXPECT_EQ(Reason(), "");
	aet_state_file_header header;
	aet_state_file_flaw flaw;
	int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
	ASSERT_EQ(aet_state_file_check(fd, &header, &flaw), 0);
	close(fd);
	EXPECT_STREQ(header.why, "a sentence");
	EXPECT_EQ(header.pieces, 2u);
	EXPECT_EQ(header.part_count, 6u);
}

TEST_F(StateFile, HasAnAgeAlsoFromBeforeTheBoot)
{
	aet_state_file_flaw flaw;
	aet_state_set got = {};
	int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);

	ASSERT_EQ(aet_state_file_lay_out(fd, &got, &flaw), 0);
	timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	uint64_t age_us =
		uint64_t(now.tv_sec) * 1000000 + uint64_t(now.tv_nsec) / 1000 - got.sealed_us;
	EXPECT_GT(age_us, 86400u * 1000000); /* of November 2023 */
	EXPECT_LT(age_us, uint64_t(100) * 365 * 86400 * 1000000);
	aet_state_set_clear(&got);
	close(fd);
}

TEST_F(StateFile, CutAnywhereItIsTorn)
{
	std::string content = Content();

	ASSERT_EQ(content.size() % 4096, 0u);
	for (size_t length = 0; length < content.size(); length += 4096) {
		Put(content.substr(0, length));
		EXPECT_EQ(Reason(), "state_corrupt") << length;
		Put(content.substr(0, length) + std::string(content.size() - length, '\0'));
		EXPECT_EQ(Reason(), "state_corrupt") << length << ", zeros follow";
	}
	Put(content + "x");
	EXPECT_EQ(Reason(), "state_corrupt") << "more than was written";
	Put(content);
	EXPECT_EQ(Reason(), "");
}

/* In each page the first byte is in use, but those of parts without bytes have no page. */
TEST_F(StateFile, OneBitChangedItIsTorn)
{
	std::string content = Content();

	for (size_t at = 2; at < content.size(); at += 4096) {
		std::string changed = content;

		changed[at] = static_cast<char>(changed[at] ^ 0x10);
		Put(changed);
		EXPECT_EQ(Reason(), "state_corrupt") << at;
	}
}

TEST_F(StateFile, OfAnotherFormatIsRefusedAsThat)
{
	EXPECT_EQ(ReasonOf([](aet_state_file_header *header) { header->format = 2; }),
		"wrong_format");
	EXPECT_EQ(ReasonOf([](aet_state_file_header *header) { header->byte_order = 0x04030201; }),
		"wrong_format");
	EXPECT_EQ(ReasonOf([](aet_state_file_header *header) { header->magic[0] = 'B'; }),
		"state_corrupt");
}

TEST_F(StateFile, AHeaderThatMakesNoSenseIsRefused)
{
	using Header = aet_state_file_header;

	for (const std::function<void(Header *)> &change :
		std::initializer_list<std::function<void(Header *)>>{
			[](Header *header) { header->pieces = 0; },
			[](Header *header) { header->pieces = 3; },
			[](Header *header) { header->pieces = 65; },
			[](Header *header) { header->part_count = 0; },
			[](Header *header) { header->part_count = 5; },
			[](Header *header) { header->part_count = ~0u; },
			[](Header *header) { header->part_size = 16; },
			[](Header *header) { header->parts_off = ~0ull; },
			[](Header *header) { header->total_len += 4096; }})
		EXPECT_EQ(ReasonOf(change), "state_corrupt");
}

TEST_F(StateFile, ALinkIsNotFollowed)
{
	std::string real = directory + "/real";

	ASSERT_EQ(rename(path.c_str(), real.c_str()), 0);
	ASSERT_EQ(symlink(real.c_str(), path.c_str()), 0);
	EXPECT_EQ(Reason(), "wrong_owner");
}

TEST_F(StateFile, WhatOthersMayWriteIsRefused)
{
	for (mode_t mode : {0620, 0602, 0666}) {
		ASSERT_EQ(chmod(path.c_str(), mode), 0);
		EXPECT_EQ(Reason(), "wrong_owner") << mode;
	}
	ASSERT_EQ(chmod(path.c_str(), 0644), 0);
	EXPECT_EQ(Reason(), "");
}

TEST_F(StateFile, WhatIsNoFileIsRefusedAndNotWaitedFor)
{
	ASSERT_EQ(unlink(path.c_str()), 0);
	EXPECT_EQ(Reason(), "not_found");
	ASSERT_EQ(mkdir(path.c_str(), 0700), 0);
	EXPECT_EQ(Reason(), "wrong_owner");
	ASSERT_EQ(rmdir(path.c_str()), 0);
	ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
	EXPECT_EQ(Reason(), "wrong_owner");
}

TEST_F(StateFile, OfAnotherUserIsRefused)
{
	ASSERT_EQ(geteuid(), 0u) << "this test takes root";
	ASSERT_EQ(chown(path.c_str(), 65534, 65534), 0);
	EXPECT_EQ(Reason(), "wrong_owner");
	ASSERT_EQ(chmod(directory.c_str(), 0755), 0);
	ASSERT_EQ(seteuid(65534), 0);
	EXPECT_EQ(Reason(), "");
	ASSERT_EQ(seteuid(0), 0);
	/* Root's is accepted from everybody who may read it. */
	ASSERT_EQ(chown(path.c_str(), 0, 0), 0);
	ASSERT_EQ(chmod(path.c_str(), 0644), 0);
	ASSERT_EQ(seteuid(65534), 0);
	EXPECT_EQ(Reason(), "");
	ASSERT_EQ(seteuid(0), 0);
}

/* Sockets, empty files and all: the format never changes under its number. */
TEST_F(StateFile, IsAsEver)
{
	std::ifstream in("tests/golden/state-file-1.bin", std::ios::binary);
	std::string golden{std::istreambuf_iterator<char>(in), {}};

	aet_state_set_clear(&set);
	Make(&set, 1, 5000);
	Write();
	EXPECT_TRUE(Content() == golden);
	Put(golden);
	EXPECT_EQ(Reason(), "");
}

/* --- what cannot be in a file --- */

std::string RefusalOf(aet_state_type type, int beside)
{
	aet_state_header header = {};
	aet_state_row row = {};
	aet_state_set set = {};
	const char *refusal;

	header.toc_off = 4096;
	header.toc_count = 1;
	row.type = type;
	set.count = 1;
	set.pieces[0].fd = memfd_create("container", MFD_CLOEXEC);
	EXPECT_EQ(pwrite(set.pieces[0].fd, &header, sizeof(header), 0), ssize_t(sizeof(header)));
	EXPECT_EQ(pwrite(set.pieces[0].fd, &row, sizeof(row), 4096), ssize_t(sizeof(row)));
	if (beside >= 0) {
		EXPECT_EQ(aet_fd_list_add(&set.pieces[0].beside, beside), 0);
	}
	refusal = aet_state_file_refusal(&set);
	aet_state_set_clear(&set);
	return refusal ? refusal : "";
}

TEST(StateFileRefusal, OfWhatMeansNothingThere)
{
	EXPECT_EQ(RefusalOf(AET_STATE_PICKLE, -1), "");
	EXPECT_EQ(RefusalOf(AET_STATE_SOCKET, socket(AF_UNIX, SOCK_STREAM, 0)), "");
	EXPECT_NE(RefusalOf(AET_STATE_ARENA, -1).find("arena"), std::string::npos);
	EXPECT_NE(RefusalOf(AET_STATE_HANDLE, -1).find("handle"), std::string::npos);
	EXPECT_NE(RefusalOf(AET_STATE_FILE, open("/dev/null", O_RDONLY)).find("neither"),
		std::string::npos);
}

} // namespace
