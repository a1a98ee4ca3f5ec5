#include "state/state_task.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/wait.h>
#include <time.h>

#include "connections/hold.h"
#include "core/client.h"
#include "core/export.h"
#include "core/frozen.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/real.h"
#include "state/state.h"
#include "state/state_rpc.h"
#include "sys.h"
#include "util.h"

#define RECONCILE_MS 2 /* the lifeline tells; this is for what it does not */

/* A hook that faults, or aborts, has to end where it is. */
#define BIT(signal) (1ull << ((signal)-1))
#define FAULTS                                                                                     \
	(BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGILL) | BIT(SIGABRT) | BIT(SIGTRAP) |    \
		BIT(SIGSYS))

static _Atomic uint64_t done_step; /* of the page, the last one taken */

bool aet_state_task_is_due(void)
{
	const struct aet_page *page = AET_READ(aet_lib.page);
	uint64_t step = page ? atomic_load(&page->step) : 0;

	if (step == 0 || step == atomic_load(&done_step) ||
		aet_step_generation(step) != aet_lib.generation)
		return false;
	if (aet_step_kind(step) == AETERNA_STEP_DUMP)
		return AET_READ(aet_dump_hook) != NULL;
	if (aet_step_kind(step) == AETERNA_STEP_SIZE)
		return AET_READ(aet_size_hook) != NULL;
	return aet_step_kind(step) == AETERNA_STEP_LOAD && AET_READ(aet_load_hook) != NULL;
}

EXPORT int aeterna_serving(void)
{
	return aet_role() == AET_ROLE_SERVE || aet_role() == AET_ROLE_HOLD;
}

/* The child was the library's, and so is its SIGCHLD, unless one was pending before. */
static void swallow_sigchld(bool was_pending)
{
	uint64_t sigchld = 1ull << (SIGCHLD - 1);
	struct timespec none = {0};

	if (!was_pending)
		(void)AET_SYS4(rt_sigtimedwait, &sigchld, NULL, &none, 8);
}

static bool is_sigchld_pending(void)
{
	uint64_t pending = 0;

	(void)AET_SYS2(rt_sigpending, &pending, 8);
	return pending >> (SIGCHLD - 1) & 1;
}

static void report_end(int status)
{
	/* After a report of its own the launcher ignores this one. */
	(void)aeterna_report(ECHILD, "dump_failed",
		status & 0x7f ? "the process that dumped was ended by a signal"
			      : "the process that dumped ended without a report",
		NULL, 0);
}

/* True while the child lives. */
static bool watch(int child)
{
	int status = 0;

	if (child <= 0)
		return false;
	if (AET_SYS4(wait4, child, &status, WNOHANG, NULL) == 0)
		return true;
	report_end(status);
	return false;
}

/*
 * Holds the thread until the swap is decided. After a rollback the program goes on; after a commit
 * it is killed here, unless it still has answers to finish.
 */
static void stand_still(int child, bool was_pending)
{
	bool lives = child > 0;
	uint64_t frozen = atomic_load(&aet_frozen_word);

	do {
		struct pollfd lifeline = {.fd = aet_lib.lifeline, .events = POLLIN};

		(void)AET_SYS3(poll, &lifeline, 1, RECONCILE_MS);
		if (lives && !watch(child)) {
			lives = false;
			swallow_sigchld(was_pending);
		}
		aet_reconcile();
	} while (aet_frozen_stays(frozen));
	/* A process that drains goes on, whatever the next swap brings. */
	aet_frozen_end();
	if (lives) {
		(void)AET_SYS2(kill, child, SIGKILL);
		(void)AET_SYS4(wait4, child, NULL, 0, NULL);
		swallow_sigchld(was_pending);
	}
}

/* A request is counted a moment after it was read: until then its reader is inside. */
static bool is_quiet(void)
{
	uint32_t policy = atomic_load(&aet_lib.page->busy_policy);

	if (aet_role() == AET_ROLE_PARK)
		return true; /* a dry run: it has loaded, and has had no request */
	if (aet_role() != AET_ROLE_HOLD)
		return false;
	return policy == AET_BUSY_POLICY_CUT || policy == AET_BUSY_POLICY_DRAIN ||
		policy == AET_BUSY_POLICY_MERGE ||
		(aet_conns_are_still() && aet_slot_unquiet(aet_lib.slot) == 0);
}

static void dump(uint64_t step)
{
	struct aeterna_request request;
	bool was_pending = is_sigchld_pending();
	int result;

	aet_frozen_begin();
	if (!is_quiet()) {
		aet_frozen_end(); /* work came in: the launcher makes us look again */
		return;
	}
	atomic_store(&done_step, step);
	result = aet_state_ask(AETERNA_STEP_DUMP, &request);
	if (result == 0) {
		aet_lib.dumping = true;
		result = aet_dump_hook(&request);
		aet_lib.dumping = false;
		(void)AET_SYS1(close, request.fd);
	}
	if (result < 0)
		(void)aeterna_report(
			-result, "dump_failed", "the state could not be dumped", NULL, 0);
	stand_still(result, was_pending);
}

/*
 * What this process has changed since its state was dumped; it was replaced meanwhile. It stands
 * still until its child has ended, so that nothing of the program waits for a child it does not
 * know. If it serves again before that, it goes on at once: the changes are its own.
 */
static void dump_changes(uint64_t step)
{
	struct aeterna_request request;
	bool was_pending = is_sigchld_pending();
	int child;

	atomic_store(&done_step, step);
	if (aet_state_ask(AETERNA_STEP_DUMP, &request) < 0)
		return; /* another process of this generation is meant */
	aet_lib.dumping = true;
	child = aet_dump_hook(&request);
	aet_lib.dumping = false;
	(void)AET_SYS1(close, request.fd);
	if (child < 0)
		(void)aeterna_report(
			-child, "dump_failed", "the changes could not be dumped", NULL, 0);
	if (child <= 0)
		return;
	while (watch(child)) {
		struct pollfd lifeline = {.fd = aet_lib.lifeline, .events = POLLIN};

		(void)AET_SYS3(poll, &lifeline, 1, RECONCILE_MS);
		aet_reconcile();
		if (aet_role() == AET_ROLE_SERVE)
			(void)AET_SYS2(kill, child, SIGKILL);
	}
	swallow_sigchld(was_pending);
}

static void load(uint64_t step)
{
	struct aeterna_request request;
	int result;

	atomic_store(&done_step, step);
	result = aet_state_ask(AETERNA_STEP_LOAD, &request);
	if (result == 0) {
		result = aet_load_hook(&request);
		(void)AET_SYS1(close, request.fd);
	}
	/* After a report of its own the launcher ignores this one. */
	(void)aeterna_report(result < 0 ? -result : 0, result < 0 ? "load_failed" : "",
		result < 0 ? "the state could not be loaded" : "", NULL, 0);
}

/* Of a process that serves, and goes on at once. */
static void size(uint64_t step)
{
	uint64_t bytes;

	atomic_store(&done_step, step);
	bytes = aet_size_hook();
	aet_state_report_hooks(AET_MAX(bytes, 1u)); /* 0 would say that it was not asked */
}

void aet_state_task_run(void)
{
	uint64_t blocked = ~FAULTS;
	uint64_t mask;
	int saved = aet_errno;
	int waiting = aet_waiting;
	int interrupted = aet_interrupted;
	uint64_t step;

	(void)AET_SYS4(rt_sigprocmask, SIG_BLOCK, &blocked, &mask, 8);
	aet_waiting = 0;
	step = atomic_load(&aet_lib.page->step);
	if (aet_state_task_is_due() && aet_step_kind(step) == AETERNA_STEP_DUMP &&
		aet_role() == AET_ROLE_DRAIN)
		dump_changes(step);
	else if (aet_state_task_is_due() && aet_step_kind(step) == AETERNA_STEP_DUMP)
		dump(step);
	else if (aet_state_task_is_due() && aet_step_kind(step) == AETERNA_STEP_SIZE)
		size(step);
	else if (aet_state_task_is_due())
		load(step);
	aet_waiting = waiting;
	aet_interrupted = interrupted;
	(void)AET_SYS4(rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
	aet_errno = saved;
}
