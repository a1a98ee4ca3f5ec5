/*
 * Reads the file, without ever waiting for what is not a file (a FIFO, a device), and turns its
 * path into the absolute one that launcher and clients agree on. Links are not followed there: a
 * deploy that turns a link must still find the launcher that was started through it.
 */
#include "config/config_file.h"

#include "config/config.h"
#include "fd.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int fail(struct aet_error *err, int error, const char *path, const char *why)
{
	(void)aet_error_set(err, 0, 0, "cannot read '%.300s': %s", path, why);
	return -error;
}

static int open_regular(const char *path, int *ret_fd, struct aet_error *err)
{
	AET_CLOSE int fd = -1;
	struct stat st;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		int error = errno;

		if (error == ENOENT && lstat(path, &st) == 0)
			return fail(err, EINVAL, path, "it is a link to nothing");
		return fail(err, error, path, strerror(error));
	}
	if (fstat(fd, &st) < 0)
		return fail(err, errno, path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return fail(err, EISDIR, path, "it is a directory");
	if (!S_ISREG(st.st_mode))
		return fail(err, EINVAL, path, "it is not a regular file");
	if (st.st_size > AET_CONFIG_MAX_BYTES)
		return fail(err, EFBIG, path, "it is larger than 1 MiB");

	*ret_fd = aet_fd_take(&fd);
	return 0;
}

int aet_config_file_read(
	const char *path, char **ret_text, size_t *ret_length, struct aet_error *err)
{
	AET_CLOSE int fd = -1;
	size_t length = 0;
	char *text;
	ssize_t n;
	int r;

	r = open_regular(path, &fd, err);
	if (r < 0)
		return r;
	text = malloc(AET_CONFIG_MAX_BYTES + 1);
	if (!text)
		return fail(err, ENOMEM, path, "out of memory");

	do {
		n = read(fd, text + length, AET_CONFIG_MAX_BYTES + 1 - length);
		if (n > 0)
			length += (size_t)n;
	} while ((n > 0 && length <= AET_CONFIG_MAX_BYTES) || (n < 0 && errno == EINTR));
	if (n < 0)
		r = fail(err, errno, path, strerror(errno));
	else if (length > AET_CONFIG_MAX_BYTES)
		r = fail(err, EFBIG, path, "it is larger than 1 MiB");
	if (r < 0) {
		free(text);
		return r;
	}
	*ret_text = text;
	*ret_length = length;
	return 0;
}

/* Drops empty and "." components in place. ".." stays: with links it means something else. */
static void fold(char *path)
{
	const char *from = path;
	char *to = path;

	while (*from) {
		size_t n;

		while (*from == '/')
			from++;
		n = strcspn(from, "/");
		if (n > 0 && !(n == 1 && *from == '.')) {
			*to++ = '/';
			memmove(to, from, n);
			to += n;
		}
		from += n;
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
}

char *aet_config_path(const char *path)
{
	char *cwd = NULL, *absolute;
	size_t size;

	if (!path)
		path = AET_CONFIG_DEFAULT_FILE;
	if (*path != '/') {
		cwd = getcwd(NULL, 0);
		if (!cwd)
			return NULL;
	}

	size = (cwd ? strlen(cwd) : 0) + strlen(path) + 2;
	absolute = malloc(size);
	if (absolute) {
		(void)snprintf(absolute, size, "%s/%s", cwd ? cwd : "", path);
		fold(absolute);
	}
	free(cwd);
	return absolute;
}

char *aet_config_file_service_name(const char *path)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	const char *dot = strrchr(base, '.');
	size_t n = dot && dot != base ? (size_t)(dot - base) : strlen(base);
	char *name;

	if (n > AET_CONFIG_MAX_NAME)
		n = AET_CONFIG_MAX_NAME;
	name = strndup(base, n);
	for (char *c = name; c && *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '_';
	return name;
}

char *aet_config_error_format(const char *path, const struct aet_error *err, char *buf, size_t size)
{
	if (err->line > 0)
		(void)snprintf(buf, size, "%s:%d:%d: %s", path ? path : AET_CONFIG_DEFAULT_FILE,
			err->line, err->column, err->text);
	else
		(void)snprintf(buf, size, "%s", err->text);
	return buf;
}
