/*
 * The search of execvp(3), in a process that has not changed its directory.
 */
#include "inspect/which.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int test_file(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == EACCES ? -EACCES : errno == ENAMETOOLONG ? -ENAMETOOLONG : -ENOENT;
	if (!S_ISREG(st.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return -EACCES;
	return 0;
}

/* Joins directory, one element of PATH and name, beginning with the last that is absolute. */
static int test_in(const char *directory, const char *element, size_t element_length,
	const char *name, char *path, size_t size)
{
	bool is_absolute = element_length > 0 ? *element == '/' : *name == '/';
	bool has_directory = !is_absolute && directory;
	int n;

	n = snprintf(path, size, "%s%s%.*s%s%s", has_directory ? directory : "",
		has_directory ? "/" : "", (int)element_length, element,
		element_length > 0 ? "/" : "", name);
	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	return test_file(path);
}

int aet_which(
	const char *name, const char *path_env, const char *directory, char *ret_path, size_t size)
{
	const char *p = path_env ? path_env : AET_WHICH_DEFAULT_PATH;
	int result = -ENOENT;

	if (!*name)
		return -ENOENT;
	if (strchr(name, '/'))
		return test_in(directory, "", 0, name, ret_path, size);

	for (;;) {
		size_t n = strcspn(p, ":");
		int r = test_in(directory, n > 0 ? p : ".", n > 0 ? n : 1, name, ret_path, size);

		if (r == 0)
			return 0;
		if (r == -EACCES)
			result = r;
		if (!p[n])
			return result;
		p += n + 1;
	}
}
