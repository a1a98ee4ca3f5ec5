/*
 * Everything in the library that changes while it runs, and what becomes of it in the child. Who
 * adds a variable adds it here.
 *
 *   lock, notes to reconcile (lock.c)         free, none: their threads are the parent's
 *   threads that were turned away             none: likewise
 *   blocked threads; a thread's own number    none: likewise
 *   owner, lifeline, slot (aet_lib)           its own process number; none until it joins
 *   the page's file, which is locked          none until it joins: the lock is the parent's
 *   the word that was told (reconcile.c)      none: the launcher has heard nothing from the child
 *   whose end is watched (main_end.c)         the thread that forked, which is the main one now
 *   SIGUSR2                                   as the program left it, until the child joins
 *   listeners and their numbers (table.c)     copies, like the descriptors; interest is told again
 *   epoll registrations                       copies; the parent changes its own
 *   parked connections                        closed: the parent has them
 *   connections (conn.c)                      copies; nobody moves one before it is used here
 *   registrations that are quieted (hold.c)   copies: either process arms them again
 *   the word to read freely under (enter.c)   kept: the child is of the same generation
 *   work in flight (busy.c)                   what the thread that forked has begun
 *   requests that are detached                none
 *   the frozen word (frozen.c)                kept in the child that dumps, else none
 *   what travels in the state (shut.c)        shared: the child that dumps notes it for its parent
 *   a copy for a snapshot is expected         no more: the child has become the copy
 *   memory that is read-only until it serves  kept: the child's mapping is of its own
 *   the last step taken; who dumped           kept: what is done or loaded is so in the child, too
 *   the step that is described                kept: its copy answers for it
 *   threads that stand still (park.c)         none: likewise
 *   threads that begin; background ones       none, but the thread that forked may be one
 *   who stands still, and for whom            kept: the child of a dump asks its parent
 *   the view of the page (view.c)             kept: the child is of the same generation
 *   hooks, real functions, tables of crc32c   kept, and so are the page, the generation, the signal,
 *                                             its stack, the launcher's network, tombstones,
 *                                             wishes for port 0, the descriptor floor
 *   interrupted, waiting (a thread's)         kept: the call that was left goes on
 */
#include "entry/fork.h"

#include "connections/blocked_threads.h"
#include "connections/conn.h"
#include "connections/handoff_queue.h"
#include "connections/parking.h"
#include "core/background.h"
#include "core/beginning.h"
#include "core/busy.h"
#include "core/frozen.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/park.h"
#include "core/signals.h"
#include "core/table.h"
#include "core/turned_away.h"
#include "entry/main_end.h"
#include "entry/reconcile.h"
#include "state/stand_still.h"
#include "state/state_copy.h"
#include "sys.h"

void aet_fork_in_child(void)
{
	if (aet_state_copy_is_expected()) {
		aet_state_copy_become();
		if (!aet_stand_await_parent())
			(void)AET_SYS1(exit_group, 1);
		aet_state_copy_begin();
	}
	aet_lock_after_fork();
	aet_turned_away_after_fork();
	aet_lib.owner = (int)AET_SYS0(getpid);
	aet_fd_unhide_close(&aet_lib.lifeline);
	aet_fd_unhide_close(&aet_lib.page_fd);
	aet_reconcile_after_fork();
	aet_signals_after_fork();
	aet_main_end_after_fork();
	aet_table_after_fork();
	aet_blocked_threads_after_fork();
	aet_parking_after_fork();
	aet_conns_forked(true);
	aet_busy_after_fork();
	aet_park_after_fork();
	aet_background_after_fork();
	aet_beginnings_after_fork();
	if (!aet_lib.dumping)
		aet_frozen_end();
}

void aet_fork_in_parent(void)
{
	aet_state_copy_made();
	if (!aet_lib.dumping)
		aet_conns_forked(false);
}
