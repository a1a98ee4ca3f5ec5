/*
 * RLIMIT_NOFILE of the launcher: it holds what travels with the state, and takes all that it may
 * have. The program gets the limits that the launcher was started with.
 */
#ifndef AET_OPEN_FILES_H
#define AET_OPEN_FILES_H

/* Soft becomes hard, for this process. */
void aet_open_files_raise(void);

/* In a child, before exec: as it was. Async-signal-safe. */
void aet_open_files_restore(void);

#endif
