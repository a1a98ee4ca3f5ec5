/*
 * What a program may ask for its own threads: whether this generation is the service (aeterna/module.h).
 */
#include <stdatomic.h>
#include <stdbool.h>

#include "aeterna/module.h"
#include "core/background.h"
#include "core/client.h"
#include "core/export.h"
#include "core/frozen.h"
#include "core/lib.h"
#include "state/guarded.h"
#include "core/lock.h"

/* A program that has not listened yet has not joined, and knows nothing: it joins now. */
static void learn(void)
{
	static _Atomic bool has_tried;
	uint64_t mask;

	if (!aet_lib.active || AET_READ(aet_lib.page) || atomic_exchange(&has_tried, true) ||
		!aet_is_owner())
		return;
	aet_lock(&mask);
	(void)aet_client_join();
	aet_unlock(&mask);
}

EXPORT int aeterna_serving(void)
{
	learn();
	if (aet_role() == AET_ROLE_SERVE)
		aet_guarded_release(); /* this thread may know it before the process has looked */
	return aet_role() == AET_ROLE_SERVE || aet_role() == AET_ROLE_HOLD;
}

EXPORT int aeterna_await_serving(void)
{
	aet_background_note_own();
	while (!aeterna_serving()) {
		uint64_t word = atomic_load(&aet_lib.page->word);

		if (aet_word_role(word, aet_lib.generation) != AET_ROLE_PARK)
			return 0;
		aet_page_wait(word);
	}
	return 1;
}
