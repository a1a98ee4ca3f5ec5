/* "Did you mean": distances, and when a suggestion is better kept back. */
#include <gtest/gtest.h>
#include <string>

extern "C" {
#include "base/nearest.h"
}

namespace
{

const char *const words[] = {"command", "env", "listen", "listeners", "ready", "ready_after"};

std::string find(const char *word)
{
	const char *found = aet_nearest_find(word, words, sizeof(words) / sizeof(words[0]));

	return found ? found : "";
}

TEST(Nearest, Distance)
{
	EXPECT_EQ(aet_nearest_distance("", ""), 0u);
	EXPECT_EQ(aet_nearest_distance("", "abc"), 3u);
	EXPECT_EQ(aet_nearest_distance("abc", ""), 3u);
	EXPECT_EQ(aet_nearest_distance("abc", "ABC"), 0u);
	EXPECT_EQ(aet_nearest_distance("comand", "command"), 1u);
	EXPECT_EQ(aet_nearest_distance("relaod", "reload"), 1u);
	EXPECT_EQ(aet_nearest_distance("kitten", "sitting"), 3u);
	EXPECT_EQ(aet_nearest_distance("ca", "abc"), 3u);
}

TEST(Nearest, LongWordsHaveNoNeighbours)
{
	std::string most(AET_NEAREST_MAX - 1, 'a'), more(AET_NEAREST_MAX, 'a');

	EXPECT_EQ(aet_nearest_distance(most.c_str(), most.c_str()), 0u);
	EXPECT_EQ(aet_nearest_distance(more.c_str(), more.c_str()), (unsigned)AET_NEAREST_MAX);
	EXPECT_EQ(aet_nearest_distance(std::string(100000, 'a').c_str(), "a"),
		(unsigned)AET_NEAREST_MAX);
}

TEST(Nearest, FindsWhatWasMeant)
{
	EXPECT_EQ(find("comand"), "command");
	EXPECT_EQ(find("Command"), "command");
	EXPECT_EQ(find("listner"), "listen");
	EXPECT_EQ(find("listener"), "listeners");
	EXPECT_EQ(find("ready-after"), "ready_after");
	EXPECT_EQ(find("evn"), "env");
}

TEST(Nearest, KeepsQuietWhereNothingIsNear)
{
	EXPECT_EQ(find("colour"), "");
	EXPECT_EQ(find("x"), "");
	EXPECT_EQ(find(""), "");
	EXPECT_EQ(find("abc"), "");
}

} // namespace
