#include "swap/ready.h"

#include <sys/socket.h>

#include "aeterna/wire.h"
#include "process/generation.h"
#include "listen/group.h"
#include "listen/placeholder.h"
#include "process/proc_waits.h"
#include "swap/narrow.h"
#include "swap/swap.h"
#include "swap/too_many.h"

#define ALONE_MS 1000

bool aet_ready_is_bound(const struct aet_listener *listener, uint32_t generation)
{
	return listener->adopted == generation && listener->withdrawn != generation &&
		listener->adopted_pid != 0;
}

/* A datagram server may simply wait in recv, which passes no hook. */
static bool is_wanted(const struct aet_listener *listener, const struct aet_generation *generation,
	bool look_outside)
{
	if (generation->is_static)
		return look_outside && aet_proc_waits_wants(generation, listener);
	if (!aet_ready_is_bound(listener, generation->number))
		return false;
	if (aet_swap_config()->ready == AET_READY_LISTEN || listener->wanted == generation->number)
		return true;
	return listener->address.type == SOCK_DGRAM && look_outside &&
		aet_proc_waits_receives(listener->adopted_pid);
}

bool aet_ready_needs(const struct aet_listener *listener, uint32_t generation)
{
	return !listener->is_private && (listener->configured || listener->since < generation);
}

/* A helper's socket may come before the service's: one that would be private beside that is the
 * service only where no other follows. */
static bool is_service(const struct aet_listener *listener)
{
	return !listener->is_private &&
		(listener->privacy == AET_PRIVACY_NONE ||
			aet_now_ms() >= listener->offered_ms + ALONE_MS);
}

/* What a process of the generation sent to its own socket is to be accepted there: the release puts
 * another socket in its place. */
static bool is_knocked_at(uint32_t generation)
{
	AET_FOREACH_LISTENER(l)
		if (aet_listener_is_knocked_at(l, generation))
			return true;
	return false;
}

static bool has_listeners(const struct aet_generation *generation, bool look_outside)
{
	bool all = aet_swap_config()->listeners == AET_LISTENERS_ALL;
	int kept = 0;
	int wanted = 0;
	int fresh = aet_too_many_are(generation->number); /* that may be the service */

	AET_FOREACH_LISTENER(l) {
		bool is_one = is_wanted(l, generation, look_outside);

		if (!aet_ready_needs(l, generation->number)) {
			fresh += is_one && is_service(l);
			continue;
		}
		kept++;
		wanted += is_one || aet_narrow_leaves(l, generation);
	}
	if (kept == 0 ? fresh == 0 : all ? wanted < kept : wanted == 0)
		return false;
	return !is_knocked_at(generation->number);
}

bool aet_ready_is(const struct aet_generation *generation, bool look_outside)
{
	if (!generation || !generation->running || generation->main_gone)
		return false;
	switch (aet_swap_config()->ready) {
	case AET_READY_STARTED:
		return aet_now_ms() - generation->born_ms >= aet_swap_config()->ready_after_ms;
	case AET_READY_NOTIFY:
		return generation->notified;
	case AET_READY_ACCEPT:
	case AET_READY_LISTEN:
	default:
		return has_listeners(generation, look_outside);
	}
}

void aet_ready_forget(uint32_t generation)
{
	AET_FOREACH_LISTENER(l) {
		if (!l->configured && l->since == generation) {
			aet_group_leave(l);
			aet_listener_drop(l);
			continue;
		}
		/* The serving generation would lose the listener otherwise. */
		if (l->wanted == generation)
			l->wanted = l->former.wanted;
		if (l->adopted == generation) {
			l->adopted = l->former.adopted;
			l->adopted_pid = l->former.adopted_pid;
		}
		if (l->claimed == generation)
			l->claimed = 0;
	}
}
