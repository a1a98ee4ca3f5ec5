#include "process/library_path.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "service/service.h"

/* Where LD_PRELOAD can name it; ld.so(8) splits at spaces and colons. */
static int set_library(const char *directory, const char *name, char ret_path[512])
{
	char path[1024];
	char resolved[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s%s", directory, name);
	if (!realpath(path, resolved) || strlen(resolved) >= sizeof(aet_service.library))
		return -ENOENT;
	if (strpbrk(resolved, " :")) {
		aet_log_error("'%s' has a space or a colon in its path: LD_PRELOAD cannot name it",
			resolved);
		return -EINVAL;
	}
	memcpy(ret_path, resolved, strlen(resolved) + 1);
	return 0;
}

/* Beside the binary when run from the build, under lib/aeterna when installed. */
int aet_library_find(void)
{
	static const char *const places[] = {"../lib/", "../lib/aeterna/"};
	char self[400];
	char directory[512];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (length <= 0)
		return -ENOENT;
	self[length] = '\0';
	slash = strrchr(self, '/');
	if (!slash)
		return -ENOENT;
	slash[1] = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int result;

		(void)snprintf(directory, sizeof(directory), "%s%s", self, places[i]);
		result = set_library(directory, "libaeterna_preload.so", aet_service.library);
		if (result == 0)
			result = set_library(directory, "plain/libaeterna_preload.so",
				aet_service.plain_library);
		if (result != -ENOENT)
			return result;
	}
	aet_log_error("libaeterna_preload.so was not found beside '%s'", self);
	return -ENOENT;
}
