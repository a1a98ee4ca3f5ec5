#include "cli/state_argument.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fd.h"

int aet_state_output_open(struct aet_state_output *ret_output, const char *path)
{
	int fd;

	ret_output->path = path;
	if (snprintf(ret_output->fresh, sizeof(ret_output->fresh), "%s.XXXXXX", path) >=
		(int)sizeof(ret_output->fresh))
		return -ENAMETOOLONG;
	fd = mkostemp(ret_output->fresh, O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The rename lasts when the directory is synced. */
static int sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char directory[4096];
	AET_CLOSE int fd = -1;

	if (slash)
		(void)snprintf(directory, sizeof(directory), "%.*s", (int)(slash - path + 1), path);
	fd = open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int aet_state_output_finish(const struct aet_state_output *output)
{
	if (rename(output->fresh, output->path) < 0)
		return -errno;
	return sync_directory(output->path);
}

void aet_state_output_drop(const struct aet_state_output *output)
{
	(void)unlink(output->fresh);
}

int aet_state_input_open(const char *word)
{
	int fd = open(word, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}
