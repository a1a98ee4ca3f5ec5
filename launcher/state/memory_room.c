#include "state/memory_room.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text_file.h"
#include "util.h"

#define KIB 1024u

/* Version 2 of cgroups(7), and the memory controller of version 1. */
static const struct hierarchy {
	const char *mark; /* in a line of /proc/self/cgroup */
	const char *place;
	const char *limit;
	const char *usage;
} hierarchies[] = {
	{"0::", "/sys/fs/cgroup", "memory.max", "memory.current"},
	{":memory:", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"},
};

static uint64_t number_in(const char *root, const char *place, const char *group, const char *name)
{
	char path[1024];
	char text[64];
	uint64_t number = UINT64_MAX; /* "max", or no such file: no limit */

	if (snprintf(path, sizeof(path), "%s%s%s/%s", root, place, group, name) >=
			(int)sizeof(path) ||
		aet_text_file_read(path, text, sizeof(text)) == 0)
		return UINT64_MAX;
	(void)sscanf(text, "%" SCNu64, &number);
	return number;
}

/* The room in the group and in all its ancestors. Those outside this process's view have no files
 * here. */
static uint64_t room_in(const char *root, const struct hierarchy *hierarchy, char *group)
{
	uint64_t room = UINT64_MAX;

	for (;;) {
		char *slash = strrchr(group, '/');
		uint64_t limit = number_in(root, hierarchy->place, group, hierarchy->limit);
		uint64_t usage = number_in(root, hierarchy->place, group, hierarchy->usage);

		if (limit != UINT64_MAX && usage != UINT64_MAX)
			room = AET_MIN(room, limit > usage ? limit - usage : 0);
		if (!slash)
			return room;
		*slash = '\0';
	}
}

uint64_t aet_memory_room(const char *root)
{
	char path[256];
	char text[8192];
	uint64_t room = 0;

	(void)snprintf(path, sizeof(path), "%s/proc/meminfo", root);
	(void)aet_text_file_read(path, text, sizeof(text));
	(void)aet_text_number(text, "MemAvailable:", &room);
	room *= KIB;
	(void)snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
	(void)aet_text_file_read(path, text, sizeof(text));
	for (char *next = text, *line; (line = strsep(&next, "\n"));)
		for (size_t i = 0; i < sizeof(hierarchies) / sizeof(hierarchies[0]); i++) {
			char *found = strstr(line, hierarchies[i].mark);
			uint64_t least = found ? room_in(root, &hierarchies[i],
							 found + strlen(hierarchies[i].mark))
					       : UINT64_MAX;

			room = AET_MIN(room, least);
		}
	return room;
}
