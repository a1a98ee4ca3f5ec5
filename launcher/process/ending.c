#include "process/ending.h"

#include <signal.h>
#include <stddef.h>

#include "base/log.h"
#include "base/loop.h"
#include "process/member.h"
#include "process/process_name.h"
#include "service/service.h"
#include "util.h"

#define CHECK_MS  50
#define NAMED_MAX 8 /* processes in the log, of one generation */

static void on_kill_check(struct aet_timer *timer)
{
	struct aet_generation *generation = timer->data;

	(void)aet_generation_signal(generation, SIGKILL);
	aet_timer_start(timer, CHECK_MS, on_kill_check, generation);
	aet_generation_bury_if_gone(generation);
}

void aet_generation_kill(struct aet_generation *generation)
{
	generation->state = AET_GENERATION_KILLED;
	aet_members_ignore(generation->number);
	(void)aet_generation_signal(generation, SIGKILL);
	aet_timer_start(&generation->timer, CHECK_MS, on_kill_check, generation);
	aet_generation_bury_if_gone(generation);
}

/* One look at the processes of a generation. */
struct look {
	const struct aet_generation *generation;
	unsigned count;
};

static void name_cut(pid_t pid, void *data)
{
	struct look *look = data;
	char name[AET_PROCESS_NAME];

	if (look->count++ < NAMED_MAX)
		aet_log_warning("process %d (%s) of generation %u is killed", (int)pid,
			aet_process_name(pid, name), look->generation->number);
}

static void cut(struct aet_generation *generation)
{
	struct look look = {.generation = generation};
	struct aet_busy_count count;

	aet_members_count(generation->number, &count);
	(void)aet_generation_visit(generation, name_cut, &look);
	aet_log_warning("generation %u did not end in time: killing it, %u processes with %u "
			"requests in flight that can be seen",
		generation->number, look.count, count.unquiet + count.detached);
	aet_generation_kill(generation);
}

static void tell(pid_t pid)
{
	(void)kill(pid, aet_service.config->stop_signal);
	(void)kill(pid, SIGCONT);
}

static void tell_rest(pid_t pid, void *data)
{
	const struct look *look = data;

	if (pid != look->generation->pid && !aet_generation_has_detached(look->generation, pid))
		tell(pid);
}

static void tell_detached(pid_t pid, void *data)
{
	struct look *look = data;
	char name[AET_PROCESS_NAME];

	if (!aet_generation_has_detached(look->generation, pid))
		return;
	if (look->count++ < NAMED_MAX)
		aet_log_warning("process %d (%s), which generation %u started in a session of its "
				"own, is ended with it (service.keep_children: true lets such "
				"processes live on)",
			(int)pid, aet_process_name(pid, name), look->generation->number);
	tell(pid);
}

static void look_at_rest(struct aet_generation *generation)
{
	struct aet_ending *ending = &generation->ending;
	struct look look = {.generation = generation};
	uint64_t detached_ms = ending->asked_ms + ending->limit_ms / 4 * 3;
	uint64_t rest_ms = detached_ms;

	if (generation->main_gone && generation->gone_ms <= ending->asked_ms)
		detached_ms = rest_ms = ending->asked_ms;
	else if (generation->main_gone)
		rest_ms = AET_MIN(rest_ms, generation->gone_ms + AET_ENDING_GRACE_MS);
	if (!ending->told_rest && aet_now_ms() >= rest_ms) {
		ending->told_rest = true;
		(void)aet_generation_visit(generation, tell_rest, &look);
	}
	if (!ending->told_detached && aet_now_ms() >= detached_ms) {
		ending->told_detached = true;
		(void)aet_generation_visit(generation, tell_detached, &look);
	}
}

static void on_check(struct aet_timer *timer)
{
	struct aet_generation *generation = timer->data;
	const struct aet_ending *ending = &generation->ending;
	bool is_stopping = generation->state == AET_GENERATION_STOPPING;

	if (is_stopping && aet_now_ms() >= ending->asked_ms + ending->limit_ms) {
		cut(generation);
		return;
	}
	look_at_rest(generation);
	aet_timer_start(timer, CHECK_MS, on_check, generation);
	if (is_stopping)
		aet_generation_bury_if_gone(generation);
}

void aet_ending_tell_first(struct aet_generation *generation)
{
	if (generation->ending.asked_ms != 0)
		return;
	generation->ending.asked_ms = aet_now_ms();
	if (generation->pid > 0)
		tell(generation->pid);
}

void aet_generation_ask(struct aet_generation *generation, uint64_t limit_ms)
{
	aet_ending_tell_first(generation);
	if (generation->main_gone) /* no other process of it has been given time */
		generation->ending.asked_ms = aet_now_ms();
	generation->ending.limit_ms = limit_ms;
	aet_timer_start(&generation->timer, CHECK_MS, on_check, generation);
}

void aet_generation_stop(struct aet_generation *generation, uint64_t limit_ms)
{
	if (generation->state >= AET_GENERATION_STOPPING)
		return;
	generation->state = AET_GENERATION_STOPPING;
	aet_generation_ask(generation, limit_ms);
	look_at_rest(generation);
	aet_generation_bury_if_gone(generation);
}
