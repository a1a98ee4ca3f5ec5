#include "core/numbered.h"

#include <fcntl.h>
#include <stdint.h>

#include "sys.h"

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

bool aet_numbered_visit(const char *directory, void (*visit)(int number, void *data), void *data)
{
	char entries[512] __attribute__((aligned(8))) = {0}; /* a handler's stack may be small */
	int dir = (int)AET_SYS4(openat, AT_FDCWD, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
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
