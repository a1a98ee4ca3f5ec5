/* Steps of a test in a forked child, for what a test must not do to its own process: limits, tables,
 * descriptors. */
#ifndef AET_TESTS_IN_CHILD_H
#define AET_TESTS_IN_CHILD_H

#include <errno.h>
#include <functional>
#include <gtest/gtest.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* `steps` returns 0 or, by WANT, the number of the line that was not as wanted. */
static inline int in_child(const std::function<int()> &steps)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		int line = steps();

		if (line)
			fprintf(stderr, "line %d: %s\n", line, strerror(errno));
		_exit(line != 0);
	}
	EXPECT_EQ(waitpid(child, &status, 0), child);
	return status;
}

#define WANT(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__;                                                           \
	} while (0)

#endif
