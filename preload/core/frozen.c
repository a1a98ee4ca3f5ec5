#include "core/frozen.h"

#include <linux/futex.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <time.h>

#include "aeterna/module.h"
#include "core/export.h"
#include "core/lib.h"
#include "sys.h"

#define WAIT_MS        100
#define WAIT_FROZEN_MS 2

static int dumper; /* whose state it is; the child that dumps waits for its end by this */
static _Atomic bool handed_over;
_Atomic uint64_t aet_frozen_word;

void aet_frozen_begin(void)
{
	dumper = aet_lib.owner;
	atomic_store(&aet_frozen_word, atomic_load(&aet_lib.page->word));
}

void aet_frozen_end(void)
{
	atomic_store(&aet_frozen_word, 0);
}

bool aet_frozen_is_replaced(void)
{
	return aet_page_is_frozen(aet_lib.page, aet_lib.generation) && aet_role() == AET_ROLE_DRAIN;
}

/* After a commit the process goes on only if its generation serves again. A generation that still
 * has answers to finish is not marked in the page: it goes on at the commit. */
bool aet_frozen_stays(uint64_t frozen)
{
	return atomic_load(&aet_lib.page->word) == frozen || aet_frozen_is_replaced();
}

void aet_frozen_note_handover(void)
{
	atomic_store(&handed_over, aet_role() == AET_ROLE_DRAIN);
}

bool aet_frozen_has_handed_over(void)
{
	return atomic_load(&handed_over) && aet_role() == AET_ROLE_DRAIN;
}

static void wait_ms(uint64_t word, unsigned ms)
{
	struct timespec limit = {0, ms * 1000000L};

	/* Not private: the launcher wakes it. The low half of the word has the phase and the
	 * serving generation. */
	(void)AET_SYS4(futex, &aet_lib.page->word, FUTEX_WAIT, (uint32_t)word, &limit);
}

void aet_page_wait(uint64_t word)
{
	wait_ms(word, WAIT_MS);
}

void aet_frozen_wait(void)
{
	uint64_t word = atomic_load(&aet_lib.page->word);

	wait_ms(word, aet_frozen_is_replaced() ? WAIT_MS : WAIT_FROZEN_MS);
}

/* The dump's child waits before it ends: giving back its memory takes processor time, which the
 * load needs now. */
EXPORT void aeterna_await_decision(void)
{
	uint64_t frozen = atomic_load(&aet_frozen_word);

	if (frozen == 0 || AET_SYS0(getpid) == dumper)
		return;
	(void)AET_SYS2(prctl, PR_SET_PDEATHSIG, SIGKILL);
	while (AET_SYS0(getppid) == dumper && atomic_load(&aet_lib.page->word) == frozen)
		aet_page_wait(frozen);
}
