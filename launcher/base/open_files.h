/*
 * RLIMIT_NOFILE of the launcher, which keeps the descriptors of a state and so raises its limit as
 * far as it may. The program gets the limits with which the launcher was started.
 */
#ifndef AET_OPEN_FILES_H
#define AET_OPEN_FILES_H

/* Raises the soft limit of this process to the hard one. */
void aet_open_files_raise(void);

/* In a child before exec: restores the first limit. Async-signal-safe. */
void aet_open_files_restore(void);

#endif
