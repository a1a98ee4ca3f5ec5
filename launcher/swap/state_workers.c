#include "swap/state_workers.h"

#include <signal.h>
#include <stdio.h>

#include "base/log.h"
#include "process/member.h"
#include "state/attach.h"
#include "state/state.h"
#include "service/service.h"
#include "swap/drain.h"
#include "swap/swap.h"
#include "util.h"

/* The gate is open meanwhile, so waiting lengthens the swap, not the pause. As many workers as there are
 * states are not waited for any longer: one more that comes after the commit is refused with the whole
 * generation. At least so long: for a missing worker; for one that may still become one more. */
#define MISSING_US 2000000u
#define EXTRA_US   500000u
#define SAME_US    150000u /* before those that have no hooks are asked to look for them */

static unsigned dumpers; /* at the last count */
static unsigned loaders;
static uint64_t changed_us; /* when a count last changed */
static uint64_t widest_us; /* the longest interval between two changes so far */
static uint32_t given; /* the generation that got its state last */
static unsigned pieces; /* that it got */

static void count(void)
{
	uint64_t now = aet_now_us();
	unsigned dump = aet_state_dumpers(aet_swap.serving);
	unsigned load = aet_state_loaders(aet_swap.candidate);

	if (dump == dumpers && load == loaders)
		return;
	dumpers = dump;
	loaders = load;
	widest_us = AET_MAX(widest_us, now - changed_us);
	changed_us = now;
}

void aet_state_workers_begin(void)
{
	dumpers = aet_state_dumpers(aet_swap.serving);
	loaders = aet_state_loaders(aet_swap.candidate);
	changed_us = aet_swap.ready_us;
	widest_us = 0;
}

/* All processes, members or not: a worker is forked before it imports. Reads all of /proc, twice, so
 * only after the counts have changed. */
struct processes {
	int before;
	int now;
};

static struct processes count_processes(void)
{
	static uint64_t looked_us;
	static struct processes found;

	if (looked_us != changed_us)
		found = (struct processes){
			.before = aet_generation_visit(aet_swap.serving, NULL, NULL),
			.now = aet_generation_visit(aet_swap.candidate, NULL, NULL)};
	looked_us = changed_us;
	return found;
}

static bool are_as_many(void)
{
	struct processes found = count_processes();

	return found.before == found.now;
}

/* A single process cannot be more than there were, and that is known without /proc. */
static bool are_more(void)
{
	struct processes found;

	if (aet_generation_is_single(aet_swap.candidate))
		return false;
	found = count_processes();
	return found.now > found.before;
}

static bool are_single(void)
{
	struct processes found = count_processes();

	return found.before == 1 && found.now == 1;
}

/* Workers that load much join at longer intervals; the intervals so far show what is usual. */
static uint64_t patience_us(void)
{
	uint64_t boot_us = aet_swap.ready_us - aet_swap.requested_us;

	if (loaders < dumpers)
		return AET_MAX((uint64_t)MISSING_US, AET_MAX(boot_us, 2 * widest_us));
	if (loaders == dumpers && !are_more())
		return 0;
	return AET_MAX((uint64_t)EXTRA_US, AET_MAX(boot_us / 4, 2 * widest_us));
}

bool aet_state_workers_are_unclaimed(void)
{
	char *const *before = aet_service.config->state;
	char *const *now = aet_swap_config()->state;

	return ((before && before[0]) || (now && now[0])) &&
		aet_state_dumpers(aet_swap.serving) == 0;
}

void aet_state_workers_blame(void)
{
	char detail[160];

	if (dumpers == 0) {
		aet_swap_set_cause("dump_failed", AET_UNCLAIMED);
		return;
	}
	if (loaders == 0) {
		aet_swap_set_cause("state_missing",
			"no process of the new version takes the state that there is; to lose it: "
			"reload --discard-state");
		return;
	}
	(void)snprintf(detail, sizeof(detail), "%u %s state, and the new version has %u to take it",
		dumpers, dumpers == 1 ? "process has" : "processes have", loaders);
	aet_swap_set_cause("workers_changed", detail);
}

/* Those that will have hooks by themselves come first: one more would be one too many. */
static bool is_time_to_ask(uint64_t waited_us)
{
	if (loaders >= dumpers || aet_attach_has_asked(aet_swap.candidate))
		return false;
	return are_single() || (waited_us >= SAME_US && are_as_many()) ||
		waited_us >= patience_us();
}

static bool is_worth_waiting(uint64_t waited_us)
{
	if (dumpers == 0)
		return aet_attach_is_awaited(aet_swap.serving);
	if (is_time_to_ask(waited_us))
		aet_attach_ask(aet_swap.candidate, dumpers - loaders);
	/* One that has started and still imports has nothing to answer with yet. */
	if (loaders < dumpers && aet_attach_has_asked(aet_swap.candidate) &&
		aet_attach_is_awaited(aet_swap.candidate))
		return true;
	return waited_us < patience_us();
}

enum aet_state_workers aet_state_workers_check(bool at_once)
{
	count();
	if (!at_once && is_worth_waiting(aet_now_us() - changed_us))
		return AET_STATE_WORKERS_AWAITED;
	return dumpers > 0 && dumpers == loaders ? AET_STATE_WORKERS_WHOLE
						 : AET_STATE_WORKERS_CHANGED;
}

bool aet_state_workers_are_late(void)
{
	count();
	return loaders < dumpers && is_worth_waiting(aet_now_us() - changed_us);
}

/* A running process cannot change its library; the next generation gets the one that follows. */
void aet_state_workers_reported(const struct aet_member *member)
{
	struct aet_generation *generation = aet_generation_get(member->generation);

	if (!member->dumps || !generation)
		return;
	aet_service.has_state = true;
	if (generation->follows || generation->is_warned)
		return;
	generation->is_warned = true;
	aet_log_warning("generation %u has state, and its connections are not followed "
			"(connections: drain): its dump waits for no request, and answers under "
			"way are cut; the next generation is followed",
		generation->number);
}

static bool is_under_way(void)
{
	return aet_swap.state == AET_SWAP_GATE || aet_swap.state == AET_SWAP_QUIET ||
		aet_swap.state == AET_SWAP_DUMP || aet_swap.state == AET_SWAP_LOAD;
}

/* It is one more than there were states: its number would have refused the swap before the commit. So
 * it does now, as long as the old generation is there with its memory. */
static bool is_one_too_many(void)
{
	return aet_swap.proven_ms != 0 && aet_swap.serving && aet_drain_newest() &&
		aet_swap.serving->number == given && aet_state_loaders(aet_swap.serving) > pieces;
}

static void give_back(void)
{
	loaders = aet_state_loaders(aet_swap.serving);
	dumpers = pieces;
	aet_state_workers_blame();
	aet_swap.has_cause = true;
	aet_log_error("%s: generation %u is ended", aet_swap.cause.detail, given);
	(void)aet_generation_signal(aet_swap.serving, SIGKILL); /* its end is an event */
}

bool aet_state_workers_joined(const struct aet_member *member)
{
	if (member->generation == given) {
		if (is_one_too_many()) {
			give_back();
			return false;
		}
		aet_log_warning("process %d of generation %u came after the state was handed over: "
				"it begins without any",
			(int)member->pid, member->generation);
		return false;
	}
	if (!is_under_way() || !aet_swap.hands_over || !aet_swap.candidate ||
		member->generation != aet_swap.candidate->number)
		return false;
	count();
	/* Once the others load, there is no piece left for one more, even as a replacement. */
	if (dumpers == loaders && aet_swap.state != AET_SWAP_LOAD)
		return false;
	aet_state_workers_blame();
	return true;
}

void aet_state_workers_given(uint32_t generation)
{
	given = generation;
	pieces = dumpers;
}
