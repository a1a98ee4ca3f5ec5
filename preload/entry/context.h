/*
 * Mending the interrupted system call, so that the program never sees an EINTR of ours and no
 * wrapper is needed around epoll_wait: see docs/design.md, "No wrapper on the hot path".
 */
#ifndef AET_CONTEXT_H
#define AET_CONTEXT_H

#include <stdbool.h>

/* context: the third argument of a SA_SIGINFO handler. Async-signal-safe. locked: the table is
 * ours meanwhile; where another thread has it, what needs it is left for the next signal. */
void aet_context_mend(void *context, bool locked);

#endif
