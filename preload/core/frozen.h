/*
 * The frozen process: from the instant its state is dumped until the swap is decided nobody reads or
 * writes a connection, and no work begins.
 */
#ifndef AET_FROZEN_H
#define AET_FROZEN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "util.h"

extern _Atomic uint64_t aet_frozen_word; /* the page's, at the dump; 0: there was none */

/* The process whose state is dumped, frozen under the page's word of now. */
void aet_frozen_begin(void);
void aet_frozen_end(void);

/* True while the process that froze under this word has to stay frozen. */
bool aet_frozen_stays(uint64_t frozen);

static inline bool aet_is_frozen(void)
{
	uint64_t frozen = atomic_load_explicit(&aet_frozen_word, memory_order_relaxed);

	return AET_UNLIKELY(frozen != 0) && aet_frozen_stays(frozen);
}

/* Sleeps a moment at most: a process may thaw under the same word, and soon. */
void aet_frozen_wait(void);

/* Sleeps for a while, at most until the page's word is another than this. */
void aet_page_wait(uint64_t word);

#endif
