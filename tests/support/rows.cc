#include "rows.h"

#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <set>
#include <unistd.h>

namespace aet
{

void TellRows(const std::string &log)
{
	const testing::TestInfo *test = testing::UnitTest::GetInstance()->current_test_info();
	const char *path = getenv("AET_ROWS") ? getenv("AET_ROWS") : "build/rows.txt";
	std::set<std::string> rows;
	std::string text;

	for (size_t at = 0; (at = log.find("debug: swap: ", at)) != std::string::npos;) {
		at += strlen("debug: swap: ");
		rows.insert(log.substr(at, log.find('\n', at) - at));
	}
	for (const std::string &row : rows)
		text += row + "\t" + (test ? test->test_suite_name() : "") + "." +
			(test ? test->name() : "") + "\n";
	int fd = open(path, O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0644);
	EXPECT_EQ(write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size())) << path;
	close(fd);
}

} // namespace aet
