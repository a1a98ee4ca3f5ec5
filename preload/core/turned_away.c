#include "core/turned_away.h"

#include <stdatomic.h>

#include "core/signals.h"
#include "sys.h"

#define NOTES_MAX 64

static _Atomic int notes[NOTES_MAX]; /* thread ids; 0: free */
static _Atomic bool any; /* there may be notes */
static _Atomic bool too_many;

static bool leave_word(int thread_id)
{
	for (int i = 0; i < NOTES_MAX; i++) {
		int there = 0;

		if (atomic_compare_exchange_strong(&notes[i], &there, thread_id) ||
			there == thread_id)
			return true;
	}
	return false;
}

void aet_turned_away_note(bool must)
{
	if (!leave_word((int)AET_SYS0(gettid)) && must)
		atomic_store(&too_many, true);
	atomic_store(&any, true); /* last: who sees it sees the note, too */
}

void aet_turned_away_kick(void)
{
	if (!atomic_load(&any) || !atomic_exchange(&any, false))
		return;
	for (int i = 0; i < NOTES_MAX; i++) {
		int thread_id = atomic_exchange(&notes[i], 0);

		if (thread_id != 0)
			(void)aet_signals_kick_thread(thread_id);
	}
	if (atomic_exchange(&too_many, false))
		aet_signals_kick();
}

void aet_turned_away_after_fork(void)
{
	for (int i = 0; i < NOTES_MAX; i++)
		atomic_store(&notes[i], 0);
	atomic_store(&any, false);
	atomic_store(&too_many, false);
}
