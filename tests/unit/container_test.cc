// The container of a state: what was written is accepted, and reproduced byte for byte as ever; a
// byte that is another one, wherever a checksum reaches, a part that is missing, a row that points
// elsewhere, or a container that is not the one asked for, is refused.

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "container.h"
#include "crc32c.h"
}

using Bytes = std::vector<uint8_t>;
using Row = aet_state_row;
using Header = aet_state_header;

static constexpr uint64_t kToc = 4096;
static constexpr uint32_t kRows = 4;
static constexpr uint64_t kFirst = kToc + kRows * sizeof(Row);
static constexpr uint64_t kFirstLength = 37;
static constexpr uint64_t kSecond = kFirst + 40;
static constexpr uint64_t kSecondLength = 300;
static constexpr uint64_t kTotal = kSecond + kSecondLength;

static aet_container_origin Origin()
{
	aet_container_origin origin = {};

	for (uint8_t i = 0; i < 16; i++)
		origin.run_id[i] = static_cast<uint8_t>(0xa0 + i);
	origin.generation = 7;
	return origin;
}

static Row *RowsOf(Bytes *bytes)
{
	return reinterpret_cast<Row *>(&(*bytes)[kToc]);
}

static Header *HeaderOf(Bytes *bytes)
{
	return reinterpret_cast<Header *>(bytes->data());
}

static void Commit(Bytes *bytes, uint32_t rows = kRows, uint64_t toc = kToc)
{
	aet_container_origin origin = Origin();

	aet_container_commit(bytes->data(), bytes->size(), toc, rows, &origin, "c", 4242, 1000,
		1700000000123456789u);
}

// The checksums of the header once more, after it was changed.
static void Reseal(Bytes *bytes)
{
	Header *header = HeaderOf(bytes);

	header->crc = aet_crc32c(header, offsetof(Header, crc));
	header->commit_crc =
		aet_crc32c(&header->state, offsetof(Header, commit_crc) - offsetof(Header, state));
}

// A JSON and a BUFFER inside, a FILE and a SOCKET beside.
static Bytes Made()
{
	Bytes bytes(kTotal);
	Row *rows = RowsOf(&bytes);

	for (size_t i = 0; i < kFirstLength; i++)
		bytes[kFirst + i] = static_cast<uint8_t>('a' + i % 26);
	for (size_t i = 0; i < kSecondLength; i++)
		bytes[kSecond + i] = static_cast<uint8_t>(i * 7);
	aet_container_row(&rows[0], AET_STATE_JSON, "meta", kFirst, kFirstLength,
		aet_crc32c_leaves(&bytes[kFirst], kFirstLength));
	aet_container_row(&rows[1], AET_STATE_BUFFER, "hook", kSecond, kSecondLength,
		aet_crc32c_leaves(&bytes[kSecond], kSecondLength));
	aet_container_row(&rows[2], AET_STATE_FILE, "file", 0, 123456, 0x12345678);
	aet_container_row(&rows[3], AET_STATE_SOCKET, "", 1, 0, 0);
	rows[3].flags = AET_STATE_UNCHECKED;
	rows[3].crc = aet_crc32c(&rows[3], offsetof(Row, crc));
	Commit(&bytes);
	return bytes;
}

// Why it is refused; empty: it is not. Of memory that ends where the bytes do.
static std::string FlawOf(
	const uint8_t *bytes, size_t length, const aet_container_origin &origin = Origin())
{
	std::unique_ptr<uint64_t[]> room(new uint64_t[length / 8 + 1]);
	uint8_t *copy = reinterpret_cast<uint8_t *>(room.get());
	aet_container_flaw flaw = {};
	int result;

	memcpy(copy, bytes, length);
	result = aet_container_check(copy, length, &origin, &flaw);
	EXPECT_EQ(result, flaw.text ? -EBADMSG : 0);
	return flaw.text ? flaw.text : "";
}

static std::string FlawOf(const Bytes &bytes, const aet_container_origin &origin = Origin())
{
	return FlawOf(bytes.data(), bytes.size(), origin);
}

TEST(ContainerTest, WhatWasWrittenIsAccepted)
{
	Bytes bytes = Made();

	EXPECT_EQ(FlawOf(bytes), "");
	EXPECT_EQ(aet_container_rows(bytes.data()), RowsOf(&bytes));
	EXPECT_STREQ(RowsOf(&bytes)[1].name, "hook");
}

static void ExpectEveryFlipRefused(size_t from, size_t to, const std::string &part)
{
	Bytes bytes = Made();

	for (size_t at = from; at < to; at++)
		for (unsigned flip : {1u << at % 8, 0xffu}) {
			bytes[at] ^= static_cast<uint8_t>(flip);
			EXPECT_NE(FlawOf(bytes), "") << part << ", byte " << at;
			bytes[at] ^= static_cast<uint8_t>(flip);
		}
	EXPECT_EQ(FlawOf(bytes), "");
}

TEST(ContainerTest, AnyByteThatIsAnotherIsRefused)
{
	ExpectEveryFlipRefused(0, 0x100, "prefix");
	ExpectEveryFlipRefused(0xfc0, 0x1000, "commit record");
	ExpectEveryFlipRefused(kToc, kToc + kRows * sizeof(Row), "table of contents");
	ExpectEveryFlipRefused(kFirst, kFirst + kFirstLength, "first section");
	ExpectEveryFlipRefused(kSecond, kSecond + kSecondLength, "second section");
}

TEST(ContainerTest, AnyLengthThatIsShorterIsRefused)
{
	Bytes bytes = Made();

	for (size_t length = 0; length < bytes.size(); length++)
		EXPECT_NE(FlawOf(bytes.data(), length), "") << length;
}

TEST(ContainerTest, AnotherOneIsRefused)
{
	aet_container_origin origin = Origin();
	std::string flaw = "it is not the state that was asked for";
	Bytes bytes = Made();

	origin.generation = 8;
	EXPECT_EQ(FlawOf(bytes, origin), flaw);
	for (size_t i = 0; i < sizeof(origin.run_id); i++) {
		origin = Origin();
		origin.run_id[i] ^= 1;
		EXPECT_EQ(FlawOf(bytes, origin), flaw) << i;
	}
}

// Changed, with all checksums right: the flaw has these words.
static void ExpectHeaderRefused(
	const std::string &words, const std::function<void(Header *)> &change)
{
	Bytes bytes = Made();

	change(HeaderOf(&bytes));
	Reseal(&bytes);
	EXPECT_NE(FlawOf(bytes).find(words), std::string::npos) << words << ": " << FlawOf(bytes);
}

TEST(ContainerTest, HeadersThatAreWhole)
{
	ExpectHeaderRefused("begin", [](Header *h) { h->magic[7] = 1; });
	ExpectHeaderRefused("byte order", [](Header *h) { h->byte_order = 0x04030201; });
	ExpectHeaderRefused("version", [](Header *h) { h->major = 2; });
	ExpectHeaderRefused("version", [](Header *h) { h->incompatible = 1; });
	ExpectHeaderRefused("version", [](Header *h) { h->header_len = 8192; });
	ExpectHeaderRefused("to its end", [](Header *h) { h->state = AET_STATE_EMPTY; });
	ExpectHeaderRefused("to its end", [](Header *h) { h->state = AET_STATE_WRITING; });
	ExpectHeaderRefused("to its end", [](Header *h) { h->state = 3; });
	ExpectHeaderRefused("another state", [](Header *h) { h->commit_generation = 6; });
	ExpectHeaderRefused("another state", [](Header *h) { h->commit_len--; });
	ExpectHeaderRefused("another state", [](Header *h) { h->algorithm = 2; });
	ExpectHeaderRefused(
		"shorter", [](Header *h) { h->commit_len = h->total_len = kTotal + 1; });
	ExpectHeaderRefused(
		"shorter", [](Header *h) { h->commit_len = h->total_len = UINT64_MAX; });
	for (uint64_t total : {0u, 4095u, 4096u, 4607u})
		ExpectHeaderRefused(
			"outside", [&](Header *h) { h->commit_len = h->total_len = total; });
	for (uint64_t off : {uint64_t{0}, uint64_t{0xf80}, kToc + 4, kTotal & ~uint64_t{7},
		     kTotal - 512, UINT64_MAX - 7, UINT64_MAX - 511})
		ExpectHeaderRefused("table of contents", [&](Header *h) { h->toc_off = off; });
	ExpectHeaderRefused("table of contents", [](Header *h) { h->toc_count = 4097; });
	ExpectHeaderRefused("table of contents", [](Header *h) { h->toc_count = UINT32_MAX; });
	ExpectHeaderRefused("table of contents", [](Header *h) { h->toc_count = 5; });
	ExpectHeaderRefused("table of contents", [](Header *h) { h->toc_count = 3; });
	ExpectHeaderRefused("table of contents", [](Header *h) { h->toc_entry_size = 64; });
}

TEST(ContainerTest, WhatALaterMinorVersionMayAdd)
{
	Bytes bytes = Made();

	HeaderOf(&bytes)->minor = 9;
	HeaderOf(&bytes)->compatible = UINT64_MAX;
	Reseal(&bytes);
	EXPECT_EQ(FlawOf(bytes), "");
}

static void ExpectRowRefused(const std::string &words, const std::function<void(Row *)> &change)
{
	Bytes bytes = Made();
	Row *rows = RowsOf(&bytes);

	change(rows);
	for (uint32_t i = 0; i < kRows; i++)
		rows[i].crc = aet_crc32c(&rows[i], offsetof(Row, crc));
	Commit(&bytes);
	EXPECT_NE(FlawOf(bytes).find(words), std::string::npos) << words << ": " << FlawOf(bytes);
}

TEST(ContainerTest, RowsThatAreWhole)
{
	ExpectRowRefused("kind", [](Row *rows) { rows[2].type = 0; });
	ExpectRowRefused("kind", [](Row *rows) { rows[2].type = AET_STATE_OBJECT + 1; });
	ExpectRowRefused("kind", [](Row *rows) { rows[2].type = UINT32_MAX; });
	ExpectRowRefused("name", [](Row *rows) { memset(rows[1].name, 'x', 80); });
	for (uint32_t i : {0u, 1u, 2u})
		ExpectRowRefused("has no name", [&](Row *rows) { memset(rows[i].name, 0, 80); });
	for (uint32_t i : {0u, 2u})
		ExpectRowRefused("cannot belong", [&](Row *rows) { rows[i].owner = 1; });
	for (uint32_t owner : {1u, 4u, 5u, UINT32_MAX})
		ExpectRowRefused("belongs to none", [&](Row *rows) { rows[1].owner = owner; });
	ExpectRowRefused("belongs to none", [](Row *rows) { rows[3].owner = 1; });
	ExpectRowRefused("flags", [](Row *rows) { rows[0].flags = AET_STATE_UNCHECKED; });
	ExpectRowRefused("flags", [](Row *rows) { rows[2].flags = AET_STATE_UNCHECKED; });
	ExpectRowRefused("flags", [](Row *rows) { rows[3].flags = 2; });
	for (uint64_t off : {uint64_t{0}, uint64_t{4095}, kTotal, kTotal - kFirstLength + 1,
		     UINT64_MAX, UINT64_MAX - kFirstLength + 1})
		ExpectRowRefused("outside", [&](Row *rows) { rows[0].off = off; });
	for (uint64_t length : {kTotal, kTotal - kFirst + 1, UINT64_MAX, UINT64_MAX - kFirst + 1})
		ExpectRowRefused("outside", [&](Row *rows) { rows[0].len = length; });
	ExpectRowRefused("checksum of a section", [](Row *rows) { rows[0].checksum++; });
	ExpectRowRefused("checksum of a section", [](Row *rows) { rows[1].len--; });
}

TEST(ContainerTest, RowsThatDoNotGoTogether)
{
	ExpectRowRefused("overlap", [](Row *rows) { rows[1].off = kFirst + kFirstLength - 1; });
	ExpectRowRefused("overlap", [](Row *rows) { rows[0].off = kSecond + kSecondLength - 40; });
	ExpectRowRefused("overlap", [](Row *rows) { rows[0].off = kSecond + 10; });
	ExpectRowRefused("overlap", [](Row *rows) { rows[1] = rows[0]; });
	ExpectRowRefused("overlap", [](Row *rows) { rows[0].off = kToc; });
	ExpectRowRefused("overlap", [](Row *rows) { rows[0].off = kFirst - 1; });
	ExpectRowRefused("same name", [](Row *rows) { strcpy(rows[2].name, "meta"); });
	ExpectRowRefused("same name", [](Row *rows) { strcpy(rows[1].name, "meta"); });
}

// docs/state.md: names are unique among sections with a name of their own; what belongs to another
// section needs none.
TEST(ContainerTest, NamesThatMayRepeat)
{
	Bytes bytes = Made();
	Row *rows = RowsOf(&bytes);

	rows[0].type = AET_STATE_PICKLE;
	strcpy(rows[1].name, "meta");
	rows[1].owner = rows[3].owner = 1;
	for (uint32_t i = 0; i < kRows; i++)
		rows[i].crc = aet_crc32c(&rows[i], offsetof(Row, crc));
	Commit(&bytes);
	EXPECT_EQ(FlawOf(bytes), "");
	memset(rows[1].name, 0, 80);
	rows[1].crc = aet_crc32c(&rows[1], offsetof(Row, crc));
	Commit(&bytes);
	EXPECT_EQ(FlawOf(bytes), "");
}

TEST(ContainerTest, NoSectionsAndEmptyOnes)
{
	Bytes bytes(kToc);

	Commit(&bytes, 0);
	EXPECT_EQ(FlawOf(bytes), "");
	bytes.resize(kToc + 2 * sizeof(Row));
	for (int i = 0; i < 2; i++)
		aet_container_row(
			&RowsOf(&bytes)[i], AET_STATE_JSON, i ? "b" : "a", bytes.size(), 0, 0);
	Commit(&bytes, 2);
	EXPECT_EQ(FlawOf(bytes), "");
}

TEST(ContainerTest, TheMostRowsThereMayBe)
{
	uint64_t total = kToc + AET_STATE_ROWS_MAX * sizeof(Row) + AET_STATE_ROWS_MAX;
	Bytes bytes(total);

	for (uint32_t i = 0; i < AET_STATE_ROWS_MAX; i++) {
		uint64_t off = total - 1 - i;
		std::string name = "n" + std::to_string(i);

		bytes[off] = static_cast<uint8_t>(i);
		aet_container_row(&RowsOf(&bytes)[i], AET_STATE_JSON, name.c_str(), off, 1,
			aet_crc32c_leaves(&bytes[off], 1));
		RowsOf(&bytes)[i].align_log2 = 0;
		RowsOf(&bytes)[i].crc = aet_crc32c(&RowsOf(&bytes)[i], offsetof(Row, crc));
	}
	Commit(&bytes, AET_STATE_ROWS_MAX);
	EXPECT_EQ(FlawOf(bytes), "");
}

static Bytes Golden(const char *name)
{
	std::ifstream file(std::string("tests/golden/") + name, std::ios::binary);

	return Bytes(std::istreambuf_iterator<char>(file), {});
}

// A released format is read for ever, and written as it was.
TEST(ContainerTest, GoldenFile)
{
	Bytes golden = Golden("state-c-1.bin");

	EXPECT_EQ(FlawOf(golden), "");
	EXPECT_TRUE(golden == Made());
}

// What the Python module writes.
TEST(ContainerTest, GoldenFileOfPython)
{
	Bytes golden = Golden("state-1.bin");
	aet_container_origin origin = {};

	ASSERT_GE(golden.size(), kToc);
	memcpy(origin.run_id, HeaderOf(&golden)->run_id, sizeof(origin.run_id));
	origin.generation = HeaderOf(&golden)->generation;
	EXPECT_EQ(FlawOf(golden, origin), "");
	EXPECT_EQ(HeaderOf(&golden)->toc_count, 5u);
}
