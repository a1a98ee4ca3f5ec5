#include "core/threads.h"

#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>

#include "sys.h"

#define PATH_SIZE 48

struct directory_entry { /* linux_dirent64, getdents(2) */
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static int to_number(const char *text)
{
	int number = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		number = number * 10 + (*text - '0');
	return number;
}

bool aet_threads_visit(void (*visit)(int thread_id, void *data), void *data)
{
	char entries[512] __attribute__((aligned(8))) = {0}; /* a handler's stack may be small */
	int dir = (int)AET_SYS4(
		openat, AT_FDCWD, "/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	long got;

	if (dir < 0)
		return false;
	while ((got = AET_SYS3(getdents64, dir, entries, sizeof(entries))) > 0) {
		for (long at = 0; at < got;) {
			struct directory_entry *entry = (void *)(entries + at);

			if (to_number(entry->name) > 0)
				visit(to_number(entry->name), data);
			at += entry->length;
		}
	}
	(void)AET_SYS1(close, dir);
	return got == 0;
}

/* "/proc/self/task/<thread><file>" */
static void make_path(char *path, int thread_id, const char *file)
{
	char digits[12];
	int count = 0;

	for (const char *part = "/proc/self/task/"; *part; part++)
		*path++ = *part;
	for (; thread_id > 0; thread_id /= 10)
		digits[count++] = (char)('0' + thread_id % 10);
	while (count > 0)
		*path++ = digits[--count];
	while (*file)
		*path++ = *file++;
	*path = '\0';
}

/* The beginning of the file, as a text; the empty one where there is none. */
static void read_file(int thread_id, const char *file, char *text, long size)
{
	char path[PATH_SIZE];
	int fd;
	long got;

	make_path(path, thread_id, file);
	fd = (int)AET_SYS4(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	got = fd < 0 ? fd : AET_SYS3(read, fd, text, size - 1);
	if (fd >= 0)
		(void)AET_SYS1(close, fd);
	text[got < 0 ? 0 : got] = '\0';
}

/* "<thread> (<name>) S": a name may have parentheses, and has 15 bytes at most. */
bool aet_thread_sleeps(int thread_id)
{
	char text[64];
	const char *name_end = NULL;

	read_file(thread_id, "/stat", text, sizeof(text));
	for (const char *at = text; *at; at++)
		if (*at == ')')
			name_end = at;
	return name_end && name_end[1] == ' ' && name_end[2] == 'S';
}

void aet_thread_name(int thread_id, char ret_name[AET_THREAD_NAME])
{
	read_file(thread_id, "/comm", ret_name, AET_THREAD_NAME);
	for (char *at = ret_name; *at; at++)
		if (*at == '\n')
			*at = '\0';
}

/* unshare(2) takes a part of the memory's sharing apart only where nobody shares it: it does nothing
 * then, and fails otherwise. */
bool aet_thread_is_alone(void)
{
	return AET_SYS1(unshare, CLONE_SIGHAND | CLONE_VM) == 0;
}
