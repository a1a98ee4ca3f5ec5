/*
 * Faults in the memory for a state before the dump needs it: a dump spends its time on page faults,
 * not on the copy. A short-lived child of the launcher does this at low priority, so that the
 * launcher keeps answering.
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

/* The launcher has waited for pid: true when that was this child. */
bool aet_prefault_reaped(pid_t pid);

/* Ends the child. The program faults in the rest when it writes. */
void aet_prefault_end(void);

#endif
