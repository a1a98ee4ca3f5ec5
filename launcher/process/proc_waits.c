#include "process/proc_waits.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/directory.h"
#include "process/generation.h"
#include "listen/listener.h"
#include "base/text_file.h"

struct listener_search {
	unsigned long inode; /* of the listener's socket */
	bool found;
};

static bool is_socket(pid_t pid, int fd, unsigned long inode)
{
	char path[64];
	char target[64];
	char want[64];
	ssize_t length;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = '\0';
	(void)snprintf(want, sizeof(want), "socket:[%lu]", inode);
	return strcmp(target, want) == 0;
}

/* The watched descriptors of an epoll are lines "tfd: N events: ..." of its fdinfo, proc(5). */
static bool epoll_watches(pid_t pid, const char *fd, unsigned long inode)
{
	char path[320];
	static char text[16384];
	char *line;

	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", (int)pid, fd);
	if (aet_text_file_read(path, text, sizeof(text)) == 0)
		return false;
	for (line = strstr(text, "tfd:"); line; line = strstr(line + 4, "tfd:"))
		if (is_socket(pid, atoi(line + 4), inode))
			return true;
	return false;
}

/* "NR arg0 ..." of a sleeping thread, proc(5); -1: it runs, or may not be read. */
static long sleeping_in(pid_t pid, const char *tid, long *ret_first)
{
	char path[320];
	char text[256];
	char *end;
	long number;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%s/syscall", (int)pid, tid);
	if (aet_text_file_read(path, text, sizeof(text)) == 0 || !isdigit((unsigned char)text[0]))
		return -1;
	number = strtol(text, &end, 10);
	*ret_first = strtol(end, NULL, 16);
	return number;
}

static bool any_thread(pid_t pid, bool (*test)(pid_t pid, const char *tid, void *data), void *data)
{
	struct aet_directory directory;
	char path[64];
	const char *name;
	bool found = false;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	aet_directory_open(&directory, path);
	while (!found && (name = aet_directory_next(&directory)))
		found = isdigit((unsigned char)*name) && test(pid, name, data);
	aet_directory_close(&directory);
	return found;
}

static bool accepts(pid_t pid, const char *tid, void *data)
{
	const struct listener_search *search = data;
	long first = -1;
	long number = sleeping_in(pid, tid, &first);

	return (number == SYS_accept || number == SYS_accept4) &&
		is_socket(pid, (int)first, search->inode);
}

/* poll(2) has its descriptors in the program's memory: an open listener must be proof enough. */
static bool polls(pid_t pid, const char *tid, void *data)
{
	long first;
	long number = sleeping_in(pid, tid, &first);

	(void)data;
	return number == SYS_poll || number == SYS_ppoll || number == SYS_select ||
		number == SYS_pselect6;
}

static bool has_epoll_on(pid_t pid, unsigned long inode, bool *ret_holds)
{
	struct aet_directory directory;
	char path[64];
	const char *name;
	bool found = false;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	aet_directory_open(&directory, path);
	while (!found && (name = aet_directory_next(&directory))) {
		char target[64];
		ssize_t length = readlinkat(directory.fd, name, target, sizeof(target) - 1);

		if (length < 0)
			continue;
		target[length] = '\0';
		if (strcmp(target, "anon_inode:[eventpoll]") == 0)
			found = epoll_watches(pid, name, inode);
		else if (is_socket(pid, atoi(name), inode))
			*ret_holds = true;
	}
	aet_directory_close(&directory);
	return found;
}

static void search_process(pid_t pid, void *data)
{
	struct listener_search *search = data;
	bool holds = false;

	if (search->found)
		return;
	search->found = has_epoll_on(pid, search->inode, &holds) ||
		any_thread(pid, accepts, search) || (holds && any_thread(pid, polls, NULL));
}

bool aet_proc_waits_wants(
	const struct aet_generation *generation, const struct aet_listener *listener)
{
	struct stat status;
	struct listener_search search = {0};

	if (fstat(listener->fd, &status) < 0)
		return false;
	search.inode = status.st_ino;
	(void)aet_generation_visit(generation, search_process, &search);
	return search.found;
}

static bool receives(pid_t pid, const char *tid, void *data)
{
	long first;
	long number = sleeping_in(pid, tid, &first);

	(void)data;
	return number == SYS_recvfrom || number == SYS_recvmsg || number == SYS_recvmmsg ||
		number == SYS_read;
}

bool aet_proc_waits_receives(pid_t pid)
{
	char path[64];
	char text[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
	if (aet_text_file_read(path, text, sizeof(text)) == 0)
		return true;
	return any_thread(pid, receives, NULL);
}
