#include "entry/fork.h"

#include "connections/blocked_threads.h"
#include "connections/conn.h"
#include "connections/handoff_queue.h"
#include "core/busy.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/signals.h"
#include "core/table.h"
#include "sys.h"

void aet_fork_in_child(void)
{
	aet_lock_after_fork();
	aet_lib.owner = (int)AET_SYS0(getpid);
	aet_fd_unhide_close(&aet_lib.lifeline);
	aet_signals_after_fork();
	aet_table_after_fork();
	aet_blocked_threads_after_fork();
	aet_queue_after_fork();
	aet_conns_forked(true);
	aet_busy_after_fork();
}

void aet_fork_in_parent(void)
{
	if (!aet_lib.dumping)
		aet_conns_forked(false);
}
