/*
 * The frozen process: from the instant of the dump until the swap is undone, or until its generation
 * serves again after the commit, no thread reads or writes a connection, and no work begins.
 */
#ifndef AET_FROZEN_H
#define AET_FROZEN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "util.h"

extern _Atomic uint64_t aet_frozen_word; /* the page's, at the dump; 0: there was none */

/* Freezes this process, whose state is dumped, under the page's current word. */
void aet_frozen_begin(void);
void aet_frozen_end(void);

/* True while a process that froze under this word has to stay frozen. */
bool aet_frozen_stays(uint64_t frozen);

static inline bool aet_is_frozen(void)
{
	uint64_t frozen = atomic_load_explicit(&aet_frozen_word, memory_order_relaxed);

	return AET_UNLIKELY(frozen != 0) && aet_frozen_stays(frozen);
}

/* The swap is committed, and this generation stays as it was until its successor has lasted. */
bool aet_frozen_is_replaced(void);

/* The state of this process is its successor's, and the process goes on all the same, to answer what
 * was in flight at the commit: nothing else may use what it remembers. */
void aet_frozen_note_handover(void);
bool aet_frozen_has_handed_over(void);

/* Sleeps 2 ms at most: a process may thaw soon, and under the same word. After the commit 100 ms, or
 * until the word changes. */
void aet_frozen_wait(void);

/* Sleeps 100 ms at most, or until the page's word is no longer this. */
void aet_page_wait(uint64_t word);

#endif
