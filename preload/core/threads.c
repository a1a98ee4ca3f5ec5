#include "core/threads.h"

#include <fcntl.h>
#include <sched.h>
#include <stddef.h>

#include "core/numbered.h"
#include "sys.h"

#define PATH_SIZE 48

bool aet_threads_visit(void (*visit)(int thread_id, void *data), void *data)
{
	return aet_numbered_visit("/proc/self/task", visit, data);
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

void aet_thread_read(int thread_id, const char *file, char *ret_text, long size)
{
	char path[PATH_SIZE];
	int fd;
	long got;

	make_path(path, thread_id, file);
	fd = (int)AET_SYS4(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	got = fd < 0 ? fd : AET_SYS3(read, fd, ret_text, size - 1);
	if (fd >= 0)
		(void)AET_SYS1(close, fd);
	ret_text[got < 0 ? 0 : got] = '\0';
}

/* "<thread> (<name>) S": a name may have parentheses, and has 15 bytes at most. */
bool aet_thread_sleeps(int thread_id)
{
	char text[64];
	const char *name_end = NULL;

	aet_thread_read(thread_id, "/stat", text, sizeof(text));
	for (const char *at = text; *at; at++)
		if (*at == ')')
			name_end = at;
	return name_end && name_end[1] == ' ' && name_end[2] == 'S';
}

void aet_thread_name(int thread_id, char ret_name[AET_THREAD_NAME])
{
	aet_thread_read(thread_id, "/comm", ret_name, AET_THREAD_NAME);
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
