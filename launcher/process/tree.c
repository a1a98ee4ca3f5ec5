#include "process/tree.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/directory.h"
#include "process/generation.h"
#include "process/member.h"
#include "supervisor.h"
#include "base/text_file.h"

struct entry {
	pid_t pid;
	pid_t parent;
	pid_t group;
	bool ended;
	bool ours;
};

/* The fields after the command name, which may hold anything, proc(5). A process whose first thread
 * has ended shows as a zombie while its others go on, and is its children's parent until they end
 * too. */
static bool read_entry(pid_t pid, struct entry *ret_entry)
{
	char path[32];
	char text[512];
	char *at;
	char state;
	long threads;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	(void)aet_text_file_read(path, text, sizeof(text));
	at = strrchr(text, ')');
	if (!at ||
		sscanf(at + 1,
			" %c %d %d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld",
			&state, &ret_entry->parent, &ret_entry->group, &threads) != 4)
		return false;
	ret_entry->pid = pid;
	ret_entry->ended = state == 'X' || (state == 'Z' && threads <= 1);
	ret_entry->ours = false;
	return true;
}

/* Kept from call to call: it grows with the system's processes and stays. */
static struct entry *entries;
static int room;

static bool make_room(int count)
{
	int larger = room ? room * 2 : 128;
	struct entry *grown;

	if (count < room)
		return true;
	grown = realloc(entries, (size_t)larger * sizeof(*entries));
	if (!grown)
		return false;
	entries = grown;
	room = larger;
	return true;
}

/* Every process of the system; returns how many. */
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

/* An orphan that left its group, as a program does that goes to the background: its environment
 * says whose it was. 0: nobody's, or it has overwritten it. */
static uint32_t generation_of_orphan(pid_t pid)
{
	static char text[65536]; /* ours stands at the end of what the program was given */
	char path[32];
	size_t length;
	uint32_t number = 0;
	bool ours = false;

	(void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	length = aet_text_file_read(path, text, sizeof(text));
	for (char *entry = text; entry < text + length; entry += strlen(entry) + 1) {
		if (strncmp(entry, "AETERNA_GENERATION=", 19) == 0)
			number = (uint32_t)strtoul(entry + 19, NULL, 10);
		else if (strncmp(entry, "AETERNA_CONTROL=", 16) == 0)
			ours = strstr(entry, aet_sup.control_name) != NULL;
	}
	return ours ? number : 0;
}

/* A master that has written its title over its environment (nginx) is known by its workers. */
static uint32_t generation_of_children(pid_t pid, int count)
{
	uint32_t number = 0;

	for (int i = 0; i < count && number == 0; i++)
		if (entries[i].parent == pid)
			number = aet_member_generation(entries[i].pid);
	return number;
}

static bool is_root_of(
	const struct entry *entry, int count, const struct aet_generation *generation)
{
	uint32_t number;

	if (!generation) /* everybody we started, and every orphan that came to us */
		return entry->parent == getpid();
	if (entry->pid == generation->pid || entry->group == generation->group)
		return true;
	if (aet_member_generation(entry->pid) != 0)
		return aet_member_generation(entry->pid) == generation->number;
	if (entry->parent != getpid() || aet_generation_by_pid(entry->pid))
		return false;
	number = generation_of_orphan(entry->pid);
	return (number ? number : generation_of_children(entry->pid, count)) == generation->number;
}

/* Parents come before or after their children in /proc: repeat until nothing is added. */
static void mark(int count, const struct aet_generation *generation)
{
	bool changed = true;

	for (int i = 0; i < count; i++)
		entries[i].ours =
			entries[i].pid != getpid() && is_root_of(&entries[i], count, generation);
	while (changed) {
		changed = false;
		for (int i = 0; i < count; i++) {
			for (int j = 0; !entries[i].ours && j < count; j++) {
				if (!entries[j].ours || entries[i].parent != entries[j].pid)
					continue;
				entries[i].ours = changed = true;
			}
		}
	}
}

int aet_tree_visit(
	const struct aet_generation *generation, void (*visit)(pid_t pid, void *data), void *data)
{
	int count = read_all();
	int visited = 0;

	mark(count, generation);
	for (int i = 0; i < count; i++) {
		if (!entries[i].ours || entries[i].ended)
			continue;
		visited++;
		if (visit)
			visit(entries[i].pid, data);
	}
	return visited;
}
