// CRC-32C: the vectors of RFC 3720, B.4, and a reference that goes bit by bit, for every length that
// the ways through it distinguish and every alignment, by the instruction and by the table.

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <string>
#include <vector>

extern "C" {
#include "aeterna/state.h"
#include "crc32c.h"
#include "crc32c_table.h"
}

using Bytes = std::vector<uint8_t>;

static Bytes Noise(size_t length)
{
	Bytes bytes(length);
	uint32_t state = 12345;

	for (uint8_t &byte : bytes) {
		state = state * 1664525 + 1013904223;
		byte = static_cast<uint8_t>(state >> 24);
	}
	return bytes;
}

// The register after one byte more; it begins as ~0 and is inverted in the end.
static uint32_t Step(uint32_t crc, uint8_t byte)
{
	crc ^= byte;
	for (int bit = 0; bit < 8; bit++)
		crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	return crc;
}

static uint32_t Reference(const void *bytes, size_t length)
{
	const uint8_t *at = static_cast<const uint8_t *>(bytes);

	return ~std::accumulate(at, at + length, ~0u, Step);
}

struct Vector {
	const char *name;
	Bytes bytes;
	uint32_t crc;
};

static std::vector<Vector> Vectors()
{
	Bytes up(32);
	Bytes down(32);
	std::string digits = "123456789";

	for (uint8_t i = 0; i < 32; i++) {
		up[i] = i;
		down[i] = static_cast<uint8_t>(31 - i);
	}
	return {{"zeros", Bytes(32, 0), 0x8a9136aa}, {"ones", Bytes(32, 0xff), 0x62a8ab43},
		{"up", up, 0x46dd794e}, {"down", down, 0x113fdb5c},
		{"read",
			{0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0,
				0x04, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0,
				0x02, 0, 0, 0, 0, 0, 0, 0},
			0xd9963a56},
		{"digits", Bytes(digits.begin(), digits.end()), 0xe3069283}, {"nothing", {}, 0}};
}

TEST(Crc32cTest, VectorsOfTheStandard)
{
	for (const Vector &vector : Vectors()) {
		const Bytes &bytes = vector.bytes;

		EXPECT_EQ(aet_crc32c(bytes.data(), bytes.size()), vector.crc) << vector.name;
		EXPECT_EQ(crc32c_table_copy(nullptr, bytes.data(), bytes.size()), vector.crc)
			<< vector.name;
		EXPECT_EQ(Reference(bytes.data(), bytes.size()), vector.crc) << vector.name;
	}
}

// The blocks of three lanes, the words and the bytes after them; 7000: two blocks and a rest.
TEST(Crc32cTest, EveryLength)
{
	Bytes bytes = Noise(7000);
	uint32_t crc = ~0u;

	for (size_t length = 0; length <= bytes.size(); length++) {
		ASSERT_EQ(aet_crc32c(bytes.data(), length), ~crc) << length;
		ASSERT_EQ(crc32c_table_copy(nullptr, bytes.data(), length), ~crc) << length;
		if (length < bytes.size())
			crc = Step(crc, bytes[length]);
	}
}

TEST(Crc32cTest, EveryAlignmentAndTheCopyIsEqual)
{
	Bytes bytes = Noise(8000);

	for (size_t from = 0; from < 16; from++)
		for (size_t to = 0; to < 16; to += 3)
			for (size_t length :
				{0u, 1u, 7u, 8u, 9u, 63u, 3071u, 3072u, 3081u, 7777u}) {
				Bytes copy(to + length + 1, 0xa5);
				Bytes other = copy;
				uint32_t crc = Reference(&bytes[from], length);

				ASSERT_EQ(aet_crc32c_copy(&copy[to], &bytes[from], length), crc);
				ASSERT_EQ(memcmp(&copy[to], &bytes[from], length), 0);
				ASSERT_EQ(copy[to + length], 0xa5);
				ASSERT_TRUE(to == 0 || copy[to - 1] == 0xa5);
				ASSERT_EQ(crc32c_table_copy(&other[to], &bytes[from], length), crc);
				ASSERT_EQ(copy, other);
			}
}

// The long lanes, each a third of a leaf, stored past the caches where that can be.
TEST(Crc32cTest, WholeLeavesAndTheirEdge)
{
	constexpr size_t kLong = AET_STATE_LEAF / 3 / 64 * 64 * 3;
	Bytes bytes = Noise(AET_STATE_LEAF + 64);
	Bytes copy(AET_STATE_LEAF + 64);

	for (size_t length : {kLong - 1, kLong, kLong + 9, size_t{AET_STATE_LEAF}})
		for (size_t from : {0u, 3u, 8u}) {
			uint32_t crc = Reference(&bytes[from], length);

			EXPECT_EQ(aet_crc32c(&bytes[from], length), crc) << length;
			for (size_t to : {0u, 3u, 16u}) {
				std::fill(copy.begin(), copy.end(), 0xa5);
				EXPECT_EQ(aet_crc32c_copy(&copy[to], &bytes[from], length), crc);
				EXPECT_EQ(memcmp(&copy[to], &bytes[from], length), 0);
				EXPECT_EQ(copy[to + length], 0xa5);
				EXPECT_TRUE(to == 0 || copy[to - 1] == 0xa5);
			}
		}
}

// Of a section: the checksum of the checksums of its leaves.
TEST(Crc32cTest, Leaves)
{
	Bytes bytes = Noise(2 * AET_STATE_LEAF + 5000);

	EXPECT_EQ(aet_crc32c_leaves(nullptr, 0), 0u);
	for (size_t length : {size_t{1}, size_t{5000}, size_t{AET_STATE_LEAF},
		     size_t{AET_STATE_LEAF} + 1, bytes.size()}) {
		Bytes sums;

		for (size_t at = 0; at < length; at += AET_STATE_LEAF) {
			size_t part = std::min(length - at, size_t{AET_STATE_LEAF});
			uint32_t crc = Reference(&bytes[at], part);

			for (int shift = 0; shift < 32; shift += 8)
				sums.push_back(static_cast<uint8_t>(crc >> shift));
		}
		uint32_t expected = Reference(sums.data(), sums.size());
		EXPECT_EQ(aet_crc32c_leaves(bytes.data(), length), expected) << length;
		EXPECT_EQ(crc32c_table_leaves(bytes.data(), length), expected) << length;
	}
}
