/*
 * The names in a directory, read without the heap: a swap walks /proc several times, and
 * opendir(3) would allocate each time.
 */
#ifndef AET_DIRECTORY_H
#define AET_DIRECTORY_H

#include <stddef.h>

struct aet_directory {
	int fd; /* aet_directory_close() closes it; -1: the directory could not be opened */
	size_t at;
	size_t length;
	char entries[2048] __attribute__((aligned(8)));
};

/* Opens path; a directory that cannot be read appears empty. */
void aet_directory_open(struct aet_directory *directory, const char *path);

/* The next name, valid until the next call; NULL at the end. */
const char *aet_directory_next(struct aet_directory *directory);

void aet_directory_close(struct aet_directory *directory);

#endif
