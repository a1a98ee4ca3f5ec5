/*
 * Memory for a state made ready before it is needed: the page faults are the cost of a dump, not
 * the copy. A short-lived child of the launcher does it, at low priority, so that the launcher
 * answers everybody meanwhile.
 */
#ifndef AET_PREFAULT_H
#define AET_PREFAULT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define AET_PREFAULT_LEAST (1u << 20) /* bytes; smaller files are left alone */
#define AET_PREFAULT_FILES 64 /* at most */

/* Grows each file to its number of bytes and faults it in, in huge pages if the kernel has any.
 * 0, or -errno with the files as they were. */
int aet_prefault_begin(const int *fds, const uint64_t *bytes, unsigned count);

bool aet_prefault_is_running(void);

/* A child of the launcher ended: true when it was this one. */
bool aet_prefault_reaped(pid_t pid);

/* What is not ready by now is made by whoever writes. */
void aet_prefault_end(void);

#endif
