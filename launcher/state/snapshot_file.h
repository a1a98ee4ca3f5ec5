/*
 * handoff.snapshot_file: the kept snapshot on disk, read at the launcher's start and written after
 * each snapshot.
 */
#ifndef AET_SNAPSHOT_FILE_H
#define AET_SNAPSHOT_FILE_H

#include <stdbool.h>
#include <stdint.h>

struct aet_snapshot_file_info {
	bool is_written; /* a whole snapshot is in the file: these two are about it */
	uint64_t bytes;
	uint64_t sealed_us; /* as aet_now_us() */
	char error[200]; /* why the last one was not written, or the file not read; "": it was */
};

/* At the start, before a generation: what the file holds becomes the kept snapshot. A file that is
 * refused is said, and stays as it is. */
void aet_snapshot_file_read(void);

/* Writes the kept snapshot: done is called once, 0 or -errno, maybe at once. A second one while a
 * child writes follows it. */
void aet_snapshot_file_write(void (*done)(void *data, int result), void *data);

/* Writes what is kept, if the file does not have it: the launcher stops, or a swap's state is all
 * that is left. */
void aet_snapshot_file_flush(void);

const struct aet_snapshot_file_info *aet_snapshot_file_now(void);

#endif
