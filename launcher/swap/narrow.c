#include "swap/narrow.h"

#include <stddef.h>

#include "address.h"
#include "base/log.h"
#include "base/loop.h"
#include "listen/group.h"
#include "listen/listener.h"
#include "process/generation.h"
#include "swap/swap.h"

#define GRACE_MS 2000 /* since its last bind() in the group: workers may start one by one */
#define EMPTY_MS 200 /* since the group is steered: handshakes that had begun come to their end */

static bool is_used(const struct aet_listener *listener, uint32_t generation)
{
	return listener->adopted == generation && listener->withdrawn != generation;
}

/* The first member of its group in the table: each group is looked at once. */
static bool is_first(const struct aet_listener *listener)
{
	AET_FOREACH_LISTENER(l)
		if (aet_group_is_one(l, listener))
			return l == listener;
	return false;
}

struct usage {
	int count;
	int used;
	uint64_t adopted_ms; /* the last time that the generation adopted one */
	bool is_steered;
};

static struct usage usage_of(const struct aet_listener *listener, uint32_t generation)
{
	struct usage usage = {0};

	AET_FOREACH_LISTENER(l) {
		if (!aet_group_is_one(l, listener))
			continue;
		usage.count++;
		usage.is_steered = usage.is_steered || l->steered_for != 0;
		if (!is_used(l, generation))
			continue;
		usage.used++;
		if (l->adopted_ms > usage.adopted_ms)
			usage.adopted_ms = l->adopted_ms;
	}
	return usage;
}

static bool is_partial(const struct usage *usage)
{
	return usage->used > 0 && usage->used < usage->count;
}

static void set_steered(const struct aet_listener *listener, uint32_t generation)
{
	AET_FOREACH_LISTENER(l) {
		if (!aet_group_is_one(l, listener))
			continue;
		if (l->steered_for != generation)
			l->steered_ms = aet_now_ms();
		l->steered_for = generation;
	}
}

static bool steer(const struct aet_listener *listener, uint32_t generation)
{
	if (aet_group_steer(listener, is_used, generation) < 0)
		return false;
	set_steered(listener, generation);
	return true;
}

void aet_narrow_look(const struct aet_generation *generation)
{
	AET_FOREACH_LISTENER(l) {
		struct usage usage;
		char address[AET_ADDRESS_TEXT];

		if (l->steered_for == generation->number || !is_first(l))
			continue;
		usage = usage_of(l, generation->number);
		if (!is_partial(&usage) || aet_now_ms() - usage.adopted_ms < GRACE_MS ||
			!steer(l, generation->number))
			continue;
		(void)aet_address_format(&l->address, address, sizeof(address));
		aet_log_info("generation %u has %d of the %d sockets of %s: new connections come "
			     "to those alone",
			generation->number, usage.used, usage.count, address);
	}
}

bool aet_narrow_leaves(const struct aet_listener *listener, const struct aet_generation *generation)
{
	if (listener->steered_for != generation->number || is_used(listener, generation->number))
		return false;
	/* Nobody else is there to empty it. */
	if (aet_swap.serving == generation)
		return true;
	return aet_now_ms() - listener->steered_ms >= EMPTY_MS && aet_group_waiting(listener) == 0;
}

void aet_narrow_follow(uint32_t serving)
{
	AET_FOREACH_LISTENER(l) {
		struct usage usage;

		if (!is_first(l))
			continue;
		usage = usage_of(l, serving);
		if (is_partial(&usage) && usage.is_steered) {
			(void)steer(l, serving);
		} else if (usage.is_steered) {
			aet_group_spread(l);
			set_steered(l, 0);
		}
	}
}

bool aet_narrow_handles(const struct aet_listener *listener, uint32_t serving)
{
	struct usage usage = usage_of(listener, serving);

	return is_partial(&usage) && usage.is_steered;
}

static bool has_older(uint32_t serving)
{
	AET_FOREACH_GENERATION(g)
		if (g->number != serving)
			return true;
	return false;
}

/* The one in the last slot of the kernel's table moves into the slot of the one that is closed: nothing
 * is steered to it meanwhile, if there is another. */
static bool is_used_and_stays(const struct aet_listener *listener, uint32_t generation)
{
	return is_used(listener, generation) && listener->slot != aet_group_count(listener) - 1;
}

static struct aet_listener *find_last_unused(const struct aet_listener *listener, uint32_t serving)
{
	struct aet_listener *last = NULL;

	AET_FOREACH_LISTENER(l)
		if (aet_group_is_one(l, listener) && !is_used(l, serving) &&
			(!last || l->slot > last->slot))
			last = l;
	return last;
}

static void close_unused(struct aet_listener *first, uint32_t serving)
{
	struct aet_listener *mate = NULL;
	struct aet_listener *unused;
	char address[AET_ADDRESS_TEXT];

	AET_FOREACH_LISTENER(l)
		if (aet_group_is_one(l, first) && is_used(l, serving))
			mate = l;
	(void)aet_address_format(&first->address, address, sizeof(address));
	while (mate && (unused = find_last_unused(mate, serving))) {
		/* Somebody unknown has a socket in the group: no slot is sure. */
		if (!steer(mate, serving))
			return;
		(void)aet_group_steer(mate, is_used_and_stays, serving);
		aet_group_leave(unused);
		aet_listener_drop(unused);
		aet_log_info("a socket of %s is closed: the program has fewer now", address);
	}
	aet_narrow_follow(serving);
}

void aet_narrow_close(uint32_t serving)
{
	if (has_older(serving))
		return;
	AET_FOREACH_LISTENER(l)
		if (is_first(l) && aet_narrow_handles(l, serving))
			close_unused(l, serving);
}
