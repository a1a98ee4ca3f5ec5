#include "swap/drain.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "address.h"
#include "process/ending.h"
#include "process/generation.h"
#include "process/proc_fds.h"
#include "listen/group.h"
#include "listen/listener.h"
#include "base/log.h"
#include "process/member.h"
#include "listen/sockets.h"
#include "service/service.h"
#include "state/debt.h"
#include "swap/census.h"
#include "swap/narrow.h"
#include "swap/swap.h"
#include "util.h"

#define COUNT_MS        100 /* how often the connections left are counted, at most */
#define COUNT_MOST_MS   1000
#define COUNT_SHARE     50 /* of the time at most one part in so many goes into counting */
#define PROBE_GRACE_MS  1000
#define UNUSED_GRACE_MS 5000 /* a program that closes its listener to open it again keeps it */

static struct aet_timer unused_timer;

/* From now on it closes each connection at its next boundary. */
static void request_close(struct aet_generation *old)
{
	old->close_requested = true;
	if (atomic_load(&aet_service.page->close_up_to) < old->number)
		atomic_store(&aet_service.page->close_up_to, old->number);
	aet_log_info("generation %u has %u connections left and closes each at its next boundary",
		old->number, old->draining);
	aet_members_wake(old->number);
}

/* An answer under way gets stop_timeout more. */
static uint64_t drain_end(void)
{
	return aet_service.config->drain_timeout_ms + aet_service.config->stop_timeout_ms;
}

/* A main process that was told and lives finishes what nobody can see from outside, as work that
 * an answer has started: what is left of the time for draining is its own, since nobody waits for
 * it. A program that is told may save its state; after a handover that state is old, hence KILL. */
static void retire(struct aet_generation *old, const char *why)
{
	uint64_t age_ms = aet_now_ms() - old->replaced_ms;
	uint64_t limit_ms = aet_service.config->stop_timeout_ms;

	if (old->handed_over) {
		aet_log_info("generation %u is ended: %s", old->number, why);
		aet_generation_kill(old);
		return;
	}
	if (!old->main_gone && age_ms + limit_ms < drain_end())
		limit_ms = drain_end() - age_ms;
	aet_log_info("generation %u is retired: %s", old->number, why);
	aet_generation_stop(old, limit_ms);
}

static void on_count(struct aet_timer *timer);

/* It owes changes, which are taken now, whatever it still answers; on a busy machine its time may have
 * been up for long when it was first looked at. */
static bool is_given_time(struct aet_generation *old)
{
	uint64_t now = aet_now_ms();

	if (!aet_debts_force(old->number))
		return false;
	if (old->forced_ms == 0)
		old->forced_ms = now;
	return now - old->forced_ms < aet_service.config->handoff_timeout_ms;
}

/* Work that a program has told of (aeterna.busy) goes on without a connection. */
static bool has_work(uint32_t generation)
{
	struct aet_busy_count count;

	aet_members_count(generation, &count);
	return count.unquiet > 0;
}

/* left below 0: it could not be found out. */
static void judge(struct aet_generation *old, int left, uint64_t begun_us)
{
	uint64_t age = aet_swap.serving ? aet_now_ms() - old->replaced_ms : 0;
	uint64_t rest_ms = (aet_now_us() - begun_us) * COUNT_SHARE / 1000;

	if (left >= 0)
		old->draining = (unsigned)left;
	if (left == 0 && age >= aet_service.config->ready_after_ms &&
		!aet_debts_are_open(old->number) && !has_work(old->number)) {
		retire(old, "its connections are gone");
		return;
	}
	if (age >= aet_service.config->drain_timeout_ms && !old->close_requested && old->follows)
		request_close(old);
	if (age >= drain_end() && !is_given_time(old)) {
		retire(old, "drain_timeout is up");
		return;
	}
	if (old->draining > 0 && old->follows) /* some may be at a boundary by now */
		aet_members_wake(old->number);
	rest_ms = AET_MIN(AET_MAX(rest_ms, (uint64_t)COUNT_MS), (uint64_t)COUNT_MOST_MS);
	aet_timer_start(&old->timer, rest_ms, on_count, old);
}

/* Which of all connections are the old generation's is found out once, after the commit: what is in
 * its descriptor tables stays there. */
static void on_census(struct aet_generation *old, struct aet_census_result *result)
{
	int left = result->all_error;

	if (result->all_error == 0 && !old->old_known && result->own_error == 0) {
		aet_inodes_intersect(&result->own, &result->all);
		old->old = result->own;
		result->own = (struct aet_inode_set){0};
		old->old_known = true;
	}
	if (result->all_error == 0)
		left = (int)(old->old_known ? aet_inodes_common(&old->old, &result->all)
					    : result->all.count);
	free(result->all.inodes);
	free(result->own.inodes);
	if (old->state == AET_GENERATION_DRAINING)
		judge(old, left, old->counted_us);
}

/* The kernel's list of sockets is long (census.h): it is read to find out which connections are the
 * old generation's, and again only when its processes seem to have none any more. */
static void on_count(struct aet_timer *timer)
{
	struct aet_generation *old = timer->data;
	struct aet_inode_set now;
	int left = 0;
	int result;

	old->counted_us = aet_now_us();
	if (old->old_known && aet_proc_fds_read(old, &now) == 0) {
		left = (int)aet_inodes_common(&old->old, &now);
		free(now.inodes);
	}
	result = left > 0 ? 0 : aet_census_begin(old, on_census);
	if (left > 0 || result < 0)
		judge(old, left > 0 ? left : result, old->counted_us);
}

/* Where the launcher may not read descriptor tables, it must find them now: the old generation
 * accepted every connection that exists now and belongs to no other generation. */
static void find_old_at_once(struct aet_generation *old)
{
	if (aet_sockets_read(&old->old) < 0)
		return;
	AET_FOREACH_GENERATION(g)
		if (g != old && g->old.count > 0)
			aet_inodes_subtract(&old->old, &g->old);
	old->old_known = true;
	old->draining = old->old.count;
}

void aet_drain_begin(struct aet_generation *old)
{
	old->state = AET_GENERATION_DRAINING;
	old->replaced_ms = aet_now_ms();
	if (old->is_static || aet_swap.serving->is_static) {
		retire(old, "it cannot be gated");
		return;
	}
	if (!aet_proc_fds_is_readable(old))
		find_old_at_once(old);
	aet_timer_start(&old->timer, COUNT_MS, on_count, old);
	aet_drain_sweep_listeners();
}

/* Without lifelines nobody can wake its processes to serve again. */
static bool can_be_woken(const struct aet_generation *generation)
{
	return !generation->has_joined || aet_members_any(generation->number);
}

void aet_drain_wake(void)
{
	AET_FOREACH_GENERATION(g)
		if (g != aet_swap.serving && g != aet_swap.candidate)
			aet_members_wake(g->number);
}

struct aet_generation *aet_drain_newest(void)
{
	struct aet_generation *newest = NULL;

	AET_FOREACH_GENERATION(g)
		if (g->state == AET_GENERATION_DRAINING && !g->main_gone && can_be_woken(g) &&
			(!newest || g->number > newest->number))
			newest = g;
	return newest;
}

static void reclaim_one(const struct aet_member *member, void *data)
{
	(void)data;
	AET_FOREACH_LISTENER(l) {
		if (!(member->holds >> aet_listener_id(l) & 1))
			continue;
		l->adopted = l->wanted = member->generation;
		l->adopted_pid = member->pid;
	}
}

void aet_drain_reclaim(struct aet_generation *generation)
{
	aet_members_visit(generation->number, reclaim_one, NULL);
	free(generation->old.inodes);
	generation->old = (struct aet_inode_set){0};
	generation->old_known = false;
	aet_narrow_follow(generation->number);
	generation->draining = 0;
	generation->forced_ms = 0;
	generation->close_requested = generation->handed_over = generation->is_frozen = false;
	if (atomic_load(&aet_service.page->close_up_to) >= generation->number)
		atomic_store(&aet_service.page->close_up_to, generation->number - 1);
}

/* The one that has to end before another generation starts; NULL: there is room. */
static struct aet_generation *find_one_too_many(void)
{
	struct aet_generation *oldest = NULL;
	int count = 0;

	AET_FOREACH_GENERATION(g) {
		if (g == aet_swap.serving || g == aet_swap.candidate ||
			g->state == AET_GENERATION_KILLED)
			continue; /* it ends already */
		count++;
		if (!oldest || g->number < oldest->number)
			oldest = g;
	}
	return count < AET_DRAINING_MAX ? NULL : oldest;
}

void aet_drain_make_room(void)
{
	struct aet_generation *oldest = find_one_too_many();

	if (!oldest)
		return;
	aet_log_warning("generation %u still had %u connections and is cut: %d older generations "
			"are the most",
		oldest->number, oldest->draining, AET_DRAINING_MAX);
	if (oldest->pid != 0 || aet_generation_is_alive(oldest))
		aet_generation_kill(oldest);
}

uint32_t aet_drain_would_lose(void)
{
	const struct aet_generation *oldest = find_one_too_many();

	return oldest && aet_debts_are_open(oldest->number) ? oldest->number : 0;
}

static void on_unused(struct aet_timer *timer)
{
	(void)timer;
	aet_drain_sweep_listeners();
}

void aet_drain_listener_unused(struct aet_listener *listener, uint32_t generation)
{
	if (!aet_swap.serving || aet_swap.serving->number != generation || aet_service.stopping)
		return;
	/* Never used: a probe, or a parent that leaves it to workers that still start. */
	aet_timer_start(&unused_timer, listener->wanted == 0 ? PROBE_GRACE_MS : UNUSED_GRACE_MS,
		on_unused, NULL);
}

/* True when there is no candidate that may still adopt a listener. */
static bool is_settled(void)
{
	switch (aet_swap.state) {
	case AET_SWAP_SERVE:
	case AET_SWAP_PROOF:
	case AET_SWAP_PROBATION:
	case AET_SWAP_START:
	case AET_SWAP_RESTORE:
	case AET_SWAP_DOWN:
		return true;
	default:
		return false;
	}
}

void aet_drain_sweep_listeners(void)
{
	char address[AET_ADDRESS_TEXT];

	if (!aet_swap.serving || aet_service.stopping || !is_settled())
		return;
	AET_FOREACH_LISTENER(l) {
		uint32_t serving = aet_swap.serving->number;
		bool used = l->adopted == serving && l->withdrawn != serving;

		if (used || l->configured || aet_swap.serving->is_static || aet_drain_newest())
			continue;
		if (!aet_swap.serving->was_ready || aet_narrow_handles(l, serving))
			continue; /* it may still adopt it */
		(void)aet_address_format(&l->address, address, sizeof(address));
		aet_log_info("%s is closed: the program does not use it any more", address);
		aet_group_leave(l);
		aet_listener_drop(l);
	}
	aet_narrow_close(aet_swap.serving->number);
}
