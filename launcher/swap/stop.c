#include "swap/stop.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/manager.h"
#include "base/signal_name.h"
#include "process/ending.h"
#include "process/process_name.h"
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
#include "util.h"

#define NAMED_MAX 8 /* processes in the log */

static uint64_t kill_due_ms;
static uint64_t rest_due_ms; /* when the processes that are no generation's first are told */
static uint64_t first_seen_ms; /* when one of those lived still */
static bool told_rest;

/* Who writes a state to the disk ends by itself, unless nothing may last. */
static void kill_one(pid_t pid, void *data)
{
	(void)data;
	if (aet_service.stop_at_once || !aet_state_writer_is(pid))
		(void)kill(pid, SIGKILL);
}

/* A second signal makes many programs end at once. */
static void tell_one(pid_t pid, void *data)
{
	(void)data;
	if (aet_generation_by_pid(pid) || aet_state_writer_is(pid))
		return;
	(void)kill(pid, aet_service.config->stop_signal);
	(void)kill(pid, SIGCONT);
}

/* Every process of every generation, and every orphan that the launcher adopted. */
static void kill_all(void)
{
	(void)aet_tree_visit_all(kill_one, NULL);
}

static void name_one(pid_t pid, void *data)
{
	unsigned *named = data;
	char name[AET_PROCESS_NAME];

	if ((*named)++ < NAMED_MAX)
		aet_log_warning("process %d (%s) did not end in time: it is killed", (int)pid,
			aet_process_name(pid, name));
}

/* What did not end in time. */
static void cut_all(void)
{
	static bool is_named;
	unsigned named = 0;

	if (!is_named && !aet_service.stop_at_once)
		(void)aet_tree_visit_all(name_one, &named);
	is_named = true;
	kill_all();
}

static bool any_first_process(void)
{
	AET_FOREACH_GENERATION(g)
		if (g->pid > 0 && g->state < AET_GENERATION_STOPPING)
			return true;
	return false;
}

/* As aet_generation_stop() does it, for all generations and orphans. */
static void tell_first(void)
{
	uint64_t limit_ms = aet_service.config->stop_timeout_ms;

	kill_due_ms = aet_now_ms() + limit_ms;
	rest_due_ms = any_first_process() ? kill_due_ms - limit_ms / 4 : 0;
	AET_FOREACH_GENERATION(g)
		if (g->state < AET_GENERATION_STOPPING)
			aet_ending_tell_first(g);
}

static void tell_rest(void)
{
	if (told_rest)
		return;
	if (!any_first_process())
		rest_due_ms = AET_MIN(rest_due_ms, first_seen_ms + AET_ENDING_GRACE_MS);
	else
		first_seen_ms = aet_now_ms();
	if (aet_now_ms() < rest_due_ms)
		return;
	told_rest = true;
	(void)aet_tree_visit_all(tell_one, NULL);
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
	char name[AET_SIGNAL_NAME];

	aet_service.stopping = true;
	if (first)
		aet_manager_tell("STOPPING=1");
	if (aet_service.stop_at_once) {
		kill_due_ms = 0;
		kill_all();
	} else if (first) {
		aet_log_info("stopping: the program gets %s and has %u ms",
			aet_signal_name(aet_service.config->stop_signal, name),
			(unsigned)aet_service.config->stop_timeout_ms);
		give_up_what_is_in_hand();
		aet_snapshot_file_flush();
		aet_frozen_retire("the launcher stops"); /* it hears no TERM */
		tell_first();
		tell_rest();
		if (aet_swap.stop == AET_STOP_NOW && aet_swap.serving)
			aet_gate_open(); /* it stood still since the snapshot */
	}
}

void aet_act_check_end(void)
{
	if (!somebody_is_left())
		aet_loop_stop();
	else if (aet_now_ms() >= kill_due_ms)
		cut_all();
	else
		tell_rest();
}
