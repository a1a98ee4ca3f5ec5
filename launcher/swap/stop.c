#include "swap/stop.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/loop.h"
#include "process/tree.h"
#include "service/service.h"
#include "state/snapshot_file.h"
#include "state/state_writer.h"
#include "swap/answer.h"
#include "swap/stop_first.h"
#include "swap/frozen.h"
#include "swap/gate.h"
#include "swap/swap.h"
#include "swap/undo.h"

static uint64_t kill_due_ms;

/* Who writes a state to the disk ends by itself, unless nothing may last. */
static void send_signal(pid_t pid, void *data)
{
	if (aet_service.stop_at_once || !aet_state_writer_is(pid))
		(void)kill(pid, *(int *)data);
}

/* Every process of every generation, and every orphan that the launcher adopted. */
static void signal_all(int signal)
{
	(void)aet_tree_visit_all(send_signal, &signal);
}

/* No process is left when the launcher has no child: orphans become its children (prctl(2),
 * PR_SET_CHILD_SUBREAPER), and reading /proc is not atomic. An unread status counts as a process:
 * it may be the program's. */
static bool somebody_is_left(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

/* A process that stands still handles no TERM. */
static bool can_undo(void)
{
	if (!aet_swap.serving)
		return false;
	return aet_swap.candidate || aet_swap.goal == AET_GOAL_SNAPSHOT ||
		aet_stop_first_can_undo();
}

static void give_up_what_is_in_hand(void)
{
	if (can_undo()) {
		aet_swap_set_cause("stopped", "the launcher was told to stop");
		aet_act_undo();
	}
	aet_swap_drop_config();
	aet_answer_stopping();
}

void aet_act_stop(void)
{
	bool first = !aet_service.stopping;

	aet_service.stopping = true;
	if (aet_service.stop_at_once) {
		kill_due_ms = 0;
		signal_all(SIGKILL);
	} else if (first) {
		aet_log_info("stopping: every process of the program gets TERM and has %u ms",
			(unsigned)aet_service.config->stop_timeout_ms);
		kill_due_ms = aet_now_ms() + aet_service.config->stop_timeout_ms;
		give_up_what_is_in_hand();
		aet_snapshot_file_flush();
		aet_frozen_retire("the launcher stops"); /* it hears no TERM */
		signal_all(SIGTERM);
		signal_all(SIGCONT);
		if (aet_swap.stop == AET_STOP_NOW && aet_swap.serving)
			aet_gate_open(); /* it stood still since the snapshot */
	}
}

void aet_act_check_end(void)
{
	if (!somebody_is_left())
		aet_loop_stop();
	else if (aet_now_ms() >= kill_due_ms)
		signal_all(SIGKILL);
}
