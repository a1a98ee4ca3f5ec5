/*
 * The names in a directory, read without the heap: /proc is walked several times a swap, and a
 * DIR of libc's each time would come and go in the launcher's memory.
 */
#ifndef AET_DIRECTORY_H
#define AET_DIRECTORY_H

#include <stddef.h>

struct aet_directory {
	int fd; /* closed by aet_directory_close(); -1: could not be opened, holds no names */
	size_t at;
	size_t length;
	char entries[2048] __attribute__((aligned(8)));
};

/* Opens path; one that cannot be read is empty. */
void aet_directory_open(struct aet_directory *directory, const char *path);

/* The next name, valid until the next call; NULL: there are no more. */
const char *aet_directory_next(struct aet_directory *directory);

void aet_directory_close(struct aet_directory *directory);

#endif
