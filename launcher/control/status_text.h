/*
 * What `status` and `check --dry-run` print, as a descriptor that travels to whoever asked: it is
 * larger than a message.
 */
#ifndef AET_STATUS_TEXT_H
#define AET_STATUS_TEXT_H

#include <stdbool.h>
#include <stdio.h>

typedef void aet_status_printer(FILE *out, bool json);

/* To be read to its end: a memfd; where there is none and /dev/shm is full, a pipe. Or -errno. */
int aet_status_text(aet_status_printer *print, bool json);

#endif
