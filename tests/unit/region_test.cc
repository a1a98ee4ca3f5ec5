// The region behind the parser: blocks keep their bytes, and it says no when it is closed or full.

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

extern "C" {
#include "config/region.h"
}

TEST(RegionTest, BlocksAreApartAndAligned)
{
	ASSERT_EQ(aet_region_open(), 0);
	char *first = static_cast<char *>(aet_region_malloc(3));
	char *second = static_cast<char *>(aet_region_malloc(100));

	ASSERT_TRUE(first && second);
	memset(first, 'a', 3);
	memset(second, 'b', 100);
	EXPECT_EQ(memcmp(first, "aaa", 3), 0);
	EXPECT_EQ(reinterpret_cast<uintptr_t>(second) % 16, 0u);
	aet_region_free(first);
	EXPECT_EQ(memcmp(second, "bbb", 3), 0);
	aet_region_close();
}

TEST(RegionTest, ReallocKeepsWhatWasThere)
{
	ASSERT_EQ(aet_region_open(), 0);
	char *text = aet_region_strdup("kept");

	for (size_t size = 8; size < 100000; size *= 3) {
		text = static_cast<char *>(aet_region_realloc(text, size));
		ASSERT_TRUE(text);
		EXPECT_STREQ(text, "kept");
	}
	EXPECT_TRUE(aet_region_realloc(nullptr, 10));
	aet_region_close();
}

TEST(RegionTest, FullOrClosedOrOpenTwice)
{
	EXPECT_FALSE(aet_region_malloc(1));
	ASSERT_EQ(aet_region_open(), 0);
	EXPECT_EQ(aet_region_open(), -EBUSY);
	EXPECT_FALSE(aet_region_malloc(AET_REGION_BYTES));
	EXPECT_FALSE(aet_region_malloc(SIZE_MAX));
	EXPECT_TRUE(aet_region_malloc(AET_REGION_BYTES / 2));
	EXPECT_FALSE(aet_region_malloc(AET_REGION_BYTES / 2));
	aet_region_close();
	aet_region_close();
	EXPECT_FALSE(aet_region_strdup("x"));
}
