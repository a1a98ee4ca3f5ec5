/*
 * Repairs the interrupted system call, so that the program never sees an EINTR of ours and
 * epoll_wait needs no wrapper: see docs/design.md, "No wrapper on the hot path".
 */
#ifndef AET_CONTEXT_H
#define AET_CONTEXT_H

#include <stdbool.h>

/* context: the third argument of a SA_SIGINFO handler. Async-signal-safe. locked: the caller holds
 * the table's lock; otherwise whatever needs the table waits for the next signal. */
void aet_context_mend(void *context, bool locked);

/* What the interrupted call is to the lock, told without it. */
enum aet_mend {
	AET_MEND_WITHOUT, /* it is mended without the table */
	AET_MEND_SHOULD, /* a timeout would begin anew */
	AET_MEND_MUST, /* it would go on where it may not */
};

enum aet_mend aet_context_needs_lock(const void *context);

#endif
