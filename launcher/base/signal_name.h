/*
 * Signals by name, as kill(1) takes them.
 */
#ifndef AET_SIGNAL_NAME_H
#define AET_SIGNAL_NAME_H

#include <stddef.h>

/* The number of a signal that a program can handle: "TERM", "SIGTERM", "term" or "RTMIN+3"; 0: there
 * is no such signal. */
int aet_signal_number(const char *name);

#define AET_SIGNAL_NAME 16

/* Writes the name without SIG, and returns it. */
const char *aet_signal_name(int number, char ret_name[AET_SIGNAL_NAME]);

#endif
