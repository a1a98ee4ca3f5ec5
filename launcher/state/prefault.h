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

/* Makes the files so large and faults them in, in huge pages where the kernel gives any; files of
 * fewer than AET_PREFAULT_LEAST bytes are left alone. 0, or -errno: they are as they were. */
int aet_prefault_begin(const int *fds, const uint64_t *bytes, unsigned count);

bool aet_prefault_is_running(void);

/* A child of the launcher ended: true when it was this one. */
bool aet_prefault_reaped(pid_t pid);

/* What is not ready by now is made by whoever writes. */
void aet_prefault_end(void);

#define AET_PREFAULT_LEAST (1u << 20)

#endif
