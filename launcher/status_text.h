/*
 * What `status` prints as a descriptor that travels to whoever asked: it is larger than a message.
 */
#ifndef AET_STATUS_TEXT_H
#define AET_STATUS_TEXT_H

#include <stdbool.h>

/* To be read to its end: a memfd; where there is none and /dev/shm is full, a pipe. Or -errno. */
int aet_status_text(bool json);

#endif
