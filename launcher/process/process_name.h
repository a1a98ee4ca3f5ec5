/*
 * What a process runs, for a line of the log.
 */
#ifndef AET_PROCESS_NAME_H
#define AET_PROCESS_NAME_H

#include <sys/types.h>

#define AET_PROCESS_NAME 64

/* Writes the beginning of its command line, or its name in brackets, and returns it; "?": it is gone. */
const char *aet_process_name(pid_t pid, char ret_name[AET_PROCESS_NAME]);

#endif
