/*
 * What a process noted of a load, held against the container's own table of contents: nothing counts
 * as taken by silence.
 */
#include <cerrno>
#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

extern "C" {
#include "state/sections.h"
}

namespace
{

struct Wanted {
	const char *name;
	aet_state_type type;
	uint32_t owner;
};

class SectionsTest : public testing::Test
{
      protected:
	~SectionsTest() override
	{
		aet_sections_clear(&sections);
	}
	static int File(const void *bytes, size_t size)
	{
		int fd = memfd_create("sections", MFD_CLOEXEC);

		EXPECT_EQ(write(fd, bytes, size), ssize_t(size));
		return fd;
	}
	static int Container(const std::vector<Wanted> &rows)
	{
		std::string bytes(
			sizeof(aet_state_header) + rows.size() * sizeof(aet_state_row), 0);
		auto *header = reinterpret_cast<aet_state_header *>(&bytes[0]);
		auto *row = reinterpret_cast<aet_state_row *>(header + 1);

		header->toc_off = sizeof(*header);
		header->toc_count = uint32_t(rows.size());
		header->toc_entry_size = sizeof(*row);
		for (const Wanted &wanted : rows) {
			row->type = wanted.type;
			row->owner = wanted.owner;
			strcpy(row++->name, wanted.name);
		}
		return File(bytes.data(), bytes.size());
	}
	int Read(const std::vector<aet_section_note> &notes)
	{
		int fd = File(notes.data(), notes.size() * sizeof(notes[0]));
		int result = aet_sections_read(&sections, fd, uint32_t(notes.size()));

		close(fd);
		return result;
	}
	static aet_section_note Note(
		const char *name, aet_section_verdict verdict, const char *nearest = "")
	{
		aet_section_note note = {};

		strcpy(note.name, name);
		strcpy(note.nearest, nearest);
		note.verdict = verdict;
		return note;
	}
	int Find(const std::vector<Wanted> &rows)
	{
		int fd = Container(rows);
		int result = aet_sections_find_missing(&sections, fd, &missing);

		close(fd);
		return result;
	}

	aet_sections sections = {};
	aet_missing_section missing = {};
};

TEST_F(SectionsTest, AllAccountedFor)
{
	ASSERT_EQ(Read({Note("b", AET_SECTION_PENDING), Note("a", AET_SECTION_TAKEN),
			  Note("d", AET_SECTION_DISCARDED), Note("new", AET_SECTION_TAKEN)}),
		0);
	EXPECT_EQ(Find({{"python", AET_STATE_PICKLE, 0}, {"a", AET_STATE_OBJECT, 1},
			  {"b", AET_STATE_OBJECT, 1}, {"d", AET_STATE_JSON, 0}}),
		0);
}

TEST_F(SectionsTest, SilenceIsMissing)
{
	ASSERT_EQ(Read({Note("a", AET_SECTION_TAKEN)}), 0);
	EXPECT_EQ(Find({{"python", AET_STATE_PICKLE, 0}, {"a", AET_STATE_OBJECT, 1},
			  {"b", AET_STATE_OBJECT, 1}, {"c", AET_STATE_ARENA, 0}}),
		1);
	EXPECT_STREQ(missing.name, "b");
	EXPECT_STREQ(missing.nearest, "");
	EXPECT_EQ(missing.more, 1u);
}

TEST_F(SectionsTest, TheNearestNameIsTold)
{
	ASSERT_EQ(Read({Note("a:HISTORY", AET_SECTION_MISSING, "a:HISTROY")}), 0);
	EXPECT_EQ(Find({{"python", AET_STATE_PICKLE, 0}, {"a:HISTORY", AET_STATE_OBJECT, 1}}), 1);
	EXPECT_STREQ(missing.nearest, "a:HISTROY");
	EXPECT_EQ(missing.more, 0u);
}

TEST_F(SectionsTest, AVerdictThatNobodyKnowsIsNone)
{
	ASSERT_EQ(Read({Note("a", aet_section_verdict(77))}), 0);
	EXPECT_EQ(Find({{"a", AET_STATE_JSON, 0}}), 1);
}

TEST_F(SectionsTest, WithoutNotesAllIsTaken)
{
	EXPECT_EQ(aet_sections_verdict(&sections, "hook"), AET_SECTION_TAKEN);
	ASSERT_EQ(Read({}), 0);
	EXPECT_EQ(aet_sections_verdict(&sections, "hook"), AET_SECTION_MISSING);
}

TEST_F(SectionsTest, BrokenFilesAreRefused)
{
	std::vector<aet_section_note> notes = {Note("a", AET_SECTION_TAKEN)};
	int fd = File(notes.data(), sizeof(notes[0]) - 1);

	EXPECT_EQ(aet_sections_read(&sections, fd, 1), -EBADMSG);
	EXPECT_EQ(aet_sections_read(&sections, fd, AET_STATE_ROWS_MAX + 1), -EBADMSG);
	EXPECT_FALSE(sections.is_known);
	EXPECT_EQ(aet_sections_find_missing(&sections, fd, &missing), -EBADMSG);
	close(fd);
}

} // namespace
