/*
 * SIGCHLD of the library's own children, which the program must not see.
 */
#ifndef AET_SIGCHLD_H
#define AET_SIGCHLD_H

#include <stdbool.h>

/* Asked before the fork. */
bool aet_sigchld_is_pending(void);

/* The child was the library's, and so is its SIGCHLD, unless one was pending before. */
void aet_sigchld_take(bool was_pending);

#endif
