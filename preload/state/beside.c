#include "state/beside.h"

#include <poll.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#include "core/client.h"
#include "core/frozen.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/successor.h"
#include "state/state.h"
#include "sys.h"

#define LOOK_MS    20 /* the lifeline tells; this is for what it does not */
#define WORKERS_MS 1000 /* the longest wait for them: one may have died */
#define STEP_MS    5
#define ANSWER_MS  100 /* for a worker to answer what its parent asked before it stood still */

bool aet_beside_is_due(void)
{
	const struct aet_page *page = AET_READ(aet_lib.page);

	return page && aet_is_joined() && !AET_READ(aet_dump_hook) &&
		aet_page_is_frozen(page, aet_lib.generation);
}

static void wait_ms(unsigned ms)
{
	struct timespec limit = {0, ms * 1000000L};

	(void)AET_SYS4(clock_nanosleep, CLOCK_MONOTONIC, 0, &limit, NULL);
}

static void let_workers_go_first(void)
{
	for (int ms = 0; ms < WORKERS_MS && atomic_load(&aet_lib.page->standing) > 0; ms += STEP_MS)
		wait_ms(STEP_MS);
	wait_ms(ANSWER_MS);
}

void aet_beside_stand(void)
{
	struct aet_stands note = {.word = atomic_load(&aet_lib.page->word)};

	aet_frozen_begin();
	aet_client_note(&note, AET_MSG_STANDS, sizeof(note));
	do {
		struct pollfd lifeline = {.fd = aet_lib.lifeline, .events = POLLIN};

		(void)AET_SYS3(poll, &lifeline, 1, LOOK_MS);
		aet_reconcile();
		aet_successor_look();
	} while (aet_frozen_stays(note.word));
	let_workers_go_first();
	aet_frozen_end();
	aet_reconcile();
}
