/*
 * The output of `status` and `check --dry-run` as a descriptor to send to the client: the text is
 * larger than a message.
 */
#ifndef AET_STATUS_TEXT_H
#define AET_STATUS_TEXT_H

#include <stdbool.h>
#include <stdio.h>

typedef void aet_status_printer(FILE *out, bool json);

/* A descriptor to read to its end: a memory file, or if none can be made (/dev/shm is full) a pipe.
 * Or -errno. */
int aet_status_text(aet_status_printer *print, bool json);

#endif
