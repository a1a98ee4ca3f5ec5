/*
 * The shared page as a process sees it that takes no part in a swap: a helper, or the program before
 * it has a listener. It reads the address book there, and the word.
 */
#ifndef AET_VIEW_H
#define AET_VIEW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/lib.h"

/* No address concerns anybody now: every call goes on as it is. False as well before the first look. */
static inline bool aet_view_is_free(void)
{
	const struct aet_page *page = AET_READ(aet_lib.view);

	return AET_LIKELY(page != NULL) &&
		AET_LIKELY(atomic_load_explicit(&page->book.active, memory_order_relaxed) == 0);
}

/* Looks, the first time by asking the launcher; NULL: there is nothing to see. */
const struct aet_page *aet_view_look(void);

#endif
