#include "state/state_task.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "connections/hold.h"
#include "connections/shut.h"
#include "core/background.h"
#include "core/client.h"
#include "core/frozen.h"
#include "core/lib.h"
#include "core/real.h"
#include "state/beside.h"
#include "state/python.h"
#include "state/stand_still.h"
#include "state/state.h"
#include "state/state_describe.h"
#include "state/state_rpc.h"
#include "sys.h"
#include "util.h"

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

	if (AET_UNLIKELY(aet_beside_is_due()))
		return true;
	if (step == 0 || step == atomic_load(&done_step) ||
		aet_step_generation(step) != aet_lib.generation)
		return false;
	if (aet_step_kind(step) == AETERNA_STEP_DUMP)
		return AET_READ(aet_dump_hook) != NULL;
	if (aet_step_kind(step) == AETERNA_STEP_SIZE)
		return AET_READ(aet_size_hook) != NULL;
	if (aet_state_describe_is(step))
		return AET_READ(aet_describe_hook) != NULL;
	if (aet_step_kind(step) == AETERNA_STEP_ATTACH)
		return AET_READ(aet_dump_hook) == NULL && AET_READ(aet_load_hook) == NULL;
	return aet_step_kind(step) == AETERNA_STEP_LOAD && AET_READ(aet_load_hook) != NULL;
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

/* It goes on after the commit, to finish its answers. */
static bool will_go_on(void)
{
	uint32_t policy = atomic_load(&aet_lib.page->busy_policy);

	return policy == AET_BUSY_POLICY_DRAIN || policy == AET_BUSY_POLICY_MERGE;
}

static void dump(uint64_t step)
{
	struct aeterna_request request;
	int result;

	aet_frozen_begin();
	aet_conns_begin_dump();
	if (!is_quiet()) {
		aet_frozen_end(); /* work came in: the launcher makes us look again */
		return;
	}
	if (will_go_on())
		aet_background_settle();
	atomic_store(&done_step, step);
	result = aet_state_ask(AETERNA_STEP_DUMP, &request);
	aet_stand_begin(result == 0 ? request.fd : -1);
	if (result == 0) {
		if (request.flags & AETERNA_SNAPSHOT)
			aet_stand_expect_copy(step);
		result = aet_dump_hook(&request);
	}
	if (result < 0)
		(void)aeterna_report(
			-result, "dump_failed", "the state could not be dumped", NULL, 0);
	aet_stand_still(result);
	aet_stand_end();
}

/* What this process has changed since its state was dumped; it was replaced meanwhile. */
static void dump_changes(uint64_t step)
{
	struct aeterna_request request;
	int result;

	atomic_store(&done_step, step);
	if (aet_state_ask(AETERNA_STEP_DUMP, &request) < 0)
		return; /* another process of this generation is meant */
	aet_stand_begin(request.fd);
	result = aet_dump_hook(&request);
	if (result < 0)
		(void)aeterna_report(
			-result, "dump_failed", "the changes could not be dumped", NULL, 0);
	aet_stand_by(result);
	aet_stand_end();
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

static void describe(uint64_t step)
{
	atomic_store(&done_step, step);
	aet_state_describe(step);
}

/* Of a process that goes on at once, or waits to serve: with hooks or without, it tells. */
static void attach(uint64_t step)
{
	struct aet_hooks none = {0};

	atomic_store(&done_step, step);
	aet_python_attach();
	if (!AET_READ(aet_dump_hook) && !AET_READ(aet_load_hook))
		aet_client_note(&none, AET_MSG_HOOKS, sizeof(none));
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
	aet_state_rpc_begin(aet_step_kind(step));
	if (aet_beside_is_due())
		aet_beside_stand();
	else if (aet_state_task_is_due() && aet_step_kind(step) == AETERNA_STEP_DUMP &&
		aet_role() == AET_ROLE_DRAIN)
		dump_changes(step);
	else if (aet_state_task_is_due() && aet_step_kind(step) == AETERNA_STEP_DUMP)
		dump(step);
	else if (aet_state_task_is_due() && aet_step_kind(step) == AETERNA_STEP_SIZE)
		size(step);
	else if (aet_state_task_is_due() && aet_state_describe_is(step))
		describe(step);
	else if (aet_state_task_is_due() && aet_step_kind(step) == AETERNA_STEP_ATTACH)
		attach(step);
	else if (aet_state_task_is_due())
		load(step);
	aet_state_rpc_begin(0);
	aet_waiting = waiting;
	aet_interrupted = interrupted;
	(void)AET_SYS4(rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
	aet_errno = saved;
}
