/*
 * `check --dry-run`: a swap that stops before the commit. The new version boots and waits, the
 * state is dumped and loaded into it, and it is killed without having served; the old one goes on.
 */
#ifndef AET_REHEARSAL_H
#define AET_REHEARSAL_H

#include <stdbool.h>

/* The command, which waits for the answer. */
void aet_rehearsal_request(void);

/* The swap in hand is one. */
bool aet_rehearsal_is_on(void);

/* It came as far as the commit; the caller undoes it now. */
void aet_rehearsal_succeed(void);

/* It is over: the command is answered, and what status tells is as it was. */
void aet_rehearsal_end(void);

#endif
