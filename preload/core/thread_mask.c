#include "core/thread_mask.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>

#include "sys.h"

#define STATUS_MAX 4096 /* of proc_pid_status(5): the lines up to SigBlk have half of that */
#define PATH_SIZE  48

/* "/proc/self/task/<thread>/status" */
static void make_path(char *path, int thread_id)
{
	char digits[12];
	int count = 0;

	for (const char *part = "/proc/self/task/"; *part; part++)
		*path++ = *part;
	for (; thread_id > 0; thread_id /= 10)
		digits[count++] = (char)('0' + thread_id % 10);
	while (count > 0)
		*path++ = digits[--count];
	for (const char *part = "/status"; *part; part++)
		*path++ = *part;
	*path = '\0';
}

static long read_file(const char *path, char *text, long size)
{
	int fd = (int)AET_SYS4(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	long got;

	if (fd < 0)
		return fd;
	got = AET_SYS3(read, fd, text, size);
	(void)AET_SYS1(close, fd);
	return got;
}

/* What follows this key in the text, or NULL. */
static const char *find(const char *text, const char *key)
{
	for (; *text; text++) {
		const char *a = text;
		const char *b = key;

		while (*b && *a == *b)
			a++, b++;
		if (!*b)
			return a;
	}
	return NULL;
}

static uint64_t hex(const char *text)
{
	uint64_t value = 0;

	for (;; text++) {
		if (*text >= '0' && *text <= '9')
			value = value << 4 | (uint64_t)(*text - '0');
		else if (*text >= 'a' && *text <= 'f')
			value = value << 4 | (uint64_t)(*text - 'a' + 10);
		else
			return value;
	}
}

bool aet_thread_mask_lets(int thread_id, int signal)
{
	char text[STATUS_MAX] = {0};
	char path[PATH_SIZE];
	const char *mask;

	make_path(path, thread_id);
	if (read_file(path, text, sizeof(text) - 1) < 0)
		return false;
	mask = find(text, "\nSigBlk:\t");
	return mask && !(hex(mask) >> (signal - 1) & 1);
}
