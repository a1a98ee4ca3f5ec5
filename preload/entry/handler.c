#include "entry/handler.h"

#include <stdbool.h>

#include "core/lib.h"
#include "core/lock.h"
#include "core/park.h"
#include "core/real.h"
#include "core/turned_away.h"
#include "entry/context.h"
#include "state/safe_point.h"
#include "state/state.h"
#include "state/state_task.h"
#include "sys.h"

/* The main thread alone may come to a safe point: another thread passes the signal on to it. */
static void come_to_safe_point(void *context, bool is_safe)
{
	if ((int)AET_SYS0(gettid) != aet_lib.owner)
		(void)AET_SYS3(tgkill, aet_lib.owner, aet_lib.owner, aet_lib.signal);
	else if (is_safe)
		aet_safe_point_enter(context);
}

/*
 * A thread that another thread of this process interrupted does not reconcile: the other one did,
 * just before. If it reconciled, and interrupted the others once more, two threads would keep each
 * other in here for as long as both find one that is still inside its call. It mends its own call.
 */
static bool is_own(const siginfo_t *info)
{
	return info->si_code == SI_TKILL && info->si_pid == aet_lib.owner;
}

static void reconcile(void)
{
	aet_note_reconcile();
	if (aet_trylock_in_handler())
		aet_unlock_in_handler();
}

/* What is mended only under the lock is mended at the next signal: whoever has the lock sends it. */
static bool lock_or_leave_word(const void *context)
{
	enum aet_mend mend;

	if (aet_trylock_in_handler())
		return true;
	mend = aet_context_needs_lock(context);
	if (mend == AET_MEND_WITHOUT)
		return false;
	aet_turned_away_note(mend == AET_MEND_MUST);
	return aet_trylock_in_handler();
}

void aet_handler_on_signal(int signal, siginfo_t *info, void *context)
{
	int saved = aet_errno;

	if (signal == SIGUSR2)
		aet_state_want_snapshot();
	if (aet_is_owner()) {
		bool is_due = aet_state_task_is_due();
		bool is_safe = is_due && aet_safe_point_is_one(context);
		bool locked;

		if (!is_own(info))
			reconcile();
		locked = lock_or_leave_word(context);
		aet_context_mend(context, locked);
		if (AET_UNLIKELY(is_due))
			come_to_safe_point(context, is_safe);
		if (locked)
			aet_unlock_in_handler();
		aet_park_in_handler();
	}
	aet_errno = saved;
}
