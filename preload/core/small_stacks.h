/*
 * Which stack the handler runs on. An alternate stack is the program's: threads share one, or it has
 * room for the program's handler and no other. So the handler leaves it alone and runs where the
 * thread is, except in a program whose threads run on stacks too small for any handler: Go's
 * goroutines, and other runtimes that install handlers with SA_ONSTACK for that reason.
 */
#ifndef AET_SMALL_STACKS_H
#define AET_SMALL_STACKS_H

#include <stdbool.h>

/* What the program has loaded and installed so far. Not async-signal-safe. */
bool aet_small_stacks_are_used(void);

/* A handler with SA_ONSTACK for this signal says so: any but those of faults, which are for a stack
 * that overflowed, and libc's own. */
bool aet_small_stacks_are_told(int signal);

#endif
