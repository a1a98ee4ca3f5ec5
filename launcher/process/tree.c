#include "process/tree.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/text_file.h"

/* Reads the fields after the command name, which may have any character in it, proc(5). A process
 * whose first thread has ended shows as a zombie while other threads run, and stays the parent of
 * its children until they end too. */
static bool read_entry(pid_t pid, struct aet_tree_entry *ret_entry)
{
	char path[32];
	char text[512];
	char *at;
	char state;
	long threads;
	unsigned long system;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	(void)aet_text_file_read(path, text, sizeof(text));
	at = strrchr(text, ')');
	if (!at ||
		sscanf(at + 1,
			" %c %d %d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %ld %*d %llu",
			&state, &ret_entry->parent, &ret_entry->group, &ret_entry->ticks, &system,
			&threads, &ret_entry->born) != 7)
		return false;
	ret_entry->ticks += system;
	ret_entry->pid = pid;
	ret_entry->ended = state == 'X' || (state == 'Z' && threads <= 1);
	ret_entry->selected = false;
	return true;
}

uint64_t aet_tree_age_ms(pid_t pid)
{
	struct aet_tree_entry entry;
	struct timespec now;
	uint64_t born_ms;
	uint64_t now_ms;

	if (!read_entry(pid, &entry))
		return 0;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	born_ms = entry.born * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
	return now_ms > born_ms ? now_ms - born_ms : 0;
}

#define PF_EXITING 0x4 /* of the flags in proc(5), the kernel's include/linux/sched.h */

bool aet_tree_is_ending(pid_t pid)
{
	char path[32];
	char text[512];
	char *at;
	unsigned flags;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	(void)aet_text_file_read(path, text, sizeof(text));
	at = strrchr(text, ')');
	return at && sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
		(flags & PF_EXITING);
}

#define DEPTH_MAX 16

/* Kept from call to call: it grows with the system's processes and stays. */
static struct aet_tree_entry *entries;
static int room;
static int last_count; /* of the last reading */

static bool make_room(int count)
{
	int larger = room ? room * 2 : 128;
	struct aet_tree_entry *grown;

	if (count < room)
		return true;
	grown = realloc(entries, (size_t)larger * sizeof(*entries));
	if (!grown)
		return false;
	entries = grown;
	room = larger;
	return true;
}

/* Reads every process of the system; returns their number. */
static int read_all(void)
{
	struct aet_directory directory;
	const char *name;
	int count = 0;

	aet_directory_open(&directory, "/proc");
	while ((name = aet_directory_next(&directory)) && make_room(count))
		if (isdigit((unsigned char)*name) && read_entry((pid_t)atoi(name), &entries[count]))
			count++;
	aet_directory_close(&directory);
	return count;
}

/* Parents come before or after their children in /proc: repeat until nothing is added. */
static void mark(int count, aet_tree_root_fn *is_root, const void *data)
{
	bool changed = true;

	for (int i = 0; i < count; i++)
		entries[i].selected = entries[i].pid != getpid() && is_root(&entries[i], data);
	while (changed) {
		changed = false;
		for (int i = 0; i < count; i++) {
			for (int j = 0; !entries[i].selected && j < count; j++) {
				if (!entries[j].selected || entries[i].parent != entries[j].pid)
					continue;
				entries[i].selected = changed = true;
			}
		}
	}
}

int aet_tree_visit(
	aet_tree_root_fn *is_root, const void *data, aet_tree_visit_fn *visit, void *visit_data)
{
	int count = read_all();
	int visited = 0;

	last_count = count;
	mark(count, is_root, data);
	for (int i = 0; i < count; i++) {
		if (!entries[i].selected || entries[i].ended)
			continue;
		visited++;
		if (visit)
			visit(entries[i].pid, visit_data);
	}
	return visited;
}

static bool is_our_child(const struct aet_tree_entry *entry, const void *data)
{
	(void)data;
	return entry->parent == getpid();
}

int aet_tree_visit_all(aet_tree_visit_fn *visit, void *visit_data)
{
	return aet_tree_visit(is_our_child, NULL, visit, visit_data);
}

struct descent {
	aet_tree_descend_fn *visit;
	void *data;
	int depth;
};

static void descend(struct descent *descent, pid_t pid);

/* A child belongs to the thread that made it: "children" of proc(5). */
static void descend_from_thread(struct descent *descent, pid_t pid, const char *tid)
{
	char path[320];
	char text[4096];
	char *end;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%s/children", (int)pid, tid);
	(void)aet_text_file_read(path, text, sizeof(text));
	for (char *at = text;; at = end) {
		long child = strtol(at, &end, 10);

		if (end == at)
			return;
		descend(descent, (pid_t)child);
	}
}

static void descend(struct descent *descent, pid_t pid)
{
	struct aet_directory directory;
	struct aet_tree_entry entry;
	char path[64];
	const char *name;

	if (descent->depth == DEPTH_MAX || !read_entry(pid, &entry) || entry.ended)
		return;
	descent->depth++;
	descent->visit(&entry, descent->data);
	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	aet_directory_open(&directory, path);
	while ((name = aet_directory_next(&directory)))
		if (isdigit((unsigned char)*name))
			descend_from_thread(descent, pid, name);
	aet_directory_close(&directory);
	descent->depth--;
}

void aet_tree_descend(pid_t pid, aet_tree_descend_fn *visit, void *data)
{
	struct descent descent = {.visit = visit, .data = data};

	descend(&descent, pid);
}

void aet_tree_visit_children(pid_t parent, aet_tree_visit_fn *visit, void *visit_data)
{
	for (int i = 0; i < last_count; i++)
		if (entries[i].parent == parent)
			visit(entries[i].pid, visit_data);
}

/* One thread's children, proc(5); the file is there if the kernel has CONFIG_PROC_CHILDREN. */
static bool thread_may_have_child(pid_t pid, const char *thread, aet_tree_child_fn *counts)
{
	char path[64];
	char text[512];
	char *at = text;
	size_t length;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%.16s/children", (int)pid, thread);
	if (access(path, R_OK) < 0)
		return true;
	length = aet_text_file_read(path, text, sizeof(text));
	if (length + 1 == sizeof(text))
		return true;
	for (char *end = NULL; *at; at = end) {
		pid_t child = (pid_t)strtol(at, &end, 10);

		if (end == at)
			break;
		if (counts(child))
			return true;
	}
	return false;
}

bool aet_tree_may_have_child(pid_t pid, aet_tree_child_fn *counts)
{
	struct aet_directory directory;
	char path[32];
	const char *name;
	bool knows = false;
	bool found = false;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	aet_directory_open(&directory, path);
	while (!found && (name = aet_directory_next(&directory))) {
		if (!isdigit((unsigned char)*name))
			continue;
		knows = true;
		found = thread_may_have_child(pid, name, counts);
	}
	aet_directory_close(&directory);
	return found || !knows;
}
