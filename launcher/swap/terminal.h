/*
 * The terminal of a launcher that somebody started in one. The program runs in a process group of its
 * own, so Ctrl-C stops it through the launcher. If it reads from the terminal the kernel stops it
 * (SIGTTIN): then the serving generation becomes the foreground, and Ctrl-C is its own.
 */
#ifndef AET_TERMINAL_H
#define AET_TERMINAL_H

#include <stdbool.h>

struct aet_generation;

/* A child may have been stopped: gives the terminal to the serving generation if it needs it, or
 * says why it does not. */
void aet_terminal_look(void);

/* Takes the terminal back from a generation whose first process has ended with this status. True if
 * its user has ended it from the keyboard: that is meant for the launcher too. */
bool aet_terminal_take_back(const struct aet_generation *generation, int status);

#endif
