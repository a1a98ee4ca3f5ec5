#include "core/successor.h"

#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "core/client.h"
#include "core/frozen.h"
#include "core/lib.h"
#include "core/page_lock.h"
#include "sys.h"

static bool is_probation_over(void)
{
	struct timespec now = {0};

	(void)AET_SYS2(clock_gettime, CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 >=
		atomic_load(&aet_lib.page->frozen_until_ms);
}

void aet_successor_look(void)
{
	uint32_t serving;

	if (aet_is_joined() || !aet_frozen_is_replaced() || !aet_client_is_launcher_gone())
		return;
	serving = aet_word_serving(atomic_load(&aet_lib.page->word));
	if (!aet_page_lock_is_held(serving)) {
		/* Whoever sleeps on the word may be in any process of this generation. */
		if (aet_page_take_back(aet_lib.page, aet_lib.generation))
			(void)AET_SYS4(futex, &aet_lib.page->word, FUTEX_WAKE, INT_MAX, NULL);
	} else if (is_probation_over()) {
		(void)AET_SYS2(kill, aet_lib.owner, SIGKILL);
	}
}
