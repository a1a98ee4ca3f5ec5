/*
 * Which signals a process handles, from /proc.
 */
#ifndef AET_PROC_SIGNALS_H
#define AET_PROC_SIGNALS_H

#include <stdbool.h>
#include <sys/types.h>

/* It handles every real-time signal that the library could use: then it cannot take part. False
 * where that cannot be read. */
bool aet_proc_signals_are_taken(pid_t pid);

#endif
