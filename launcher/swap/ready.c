#include "swap/ready.h"

#include <stdio.h>
#include <sys/socket.h>

#include "address.h"
#include "aeterna/wire.h"
#include "process/generation.h"
#include "listen/group.h"
#include "listen/listener.h"
#include "process/proc_waits.h"
#include "swap/narrow.h"
#include "swap/swap.h"

static bool is_adopted(const struct aet_listener *listener, uint32_t generation)
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
	if (!is_adopted(listener, generation->number))
		return false;
	if (aet_swap_config()->ready == AET_READY_LISTEN || listener->wanted == generation->number)
		return true;
	return listener->address.type == SOCK_DGRAM && look_outside &&
		aet_proc_waits_receives(listener->adopted_pid);
}

/* A socket for tools beside the service, named after the process (a virtual machine's for its
 * debugger): the new version has its own or none. If there is no other listener, it is the
 * service. */
static bool is_side_door(const struct aet_listener *listener)
{
	if (!(listener->flags & AET_SOCKET_OWN_NAME))
		return false;
	AET_FOREACH_LISTENER(l)
		if (!(l->flags & AET_SOCKET_OWN_NAME))
			return true;
	return false;
}

/* True for a listener that existed before this generation. */
static bool is_kept_for(const struct aet_listener *listener, uint32_t generation)
{
	return (listener->configured || listener->since < generation) && !is_side_door(listener);
}

static bool has_listeners(const struct aet_generation *generation, bool look_outside)
{
	bool all = aet_swap_config()->listeners == AET_LISTENERS_ALL;
	int kept = 0;
	int wanted = 0;
	int fresh = 0;

	AET_FOREACH_LISTENER(l) {
		bool is_one = is_wanted(l, generation, look_outside);

		if (!is_kept_for(l, generation->number)) {
			fresh += is_one;
			continue;
		}
		kept++;
		wanted += is_one || aet_narrow_leaves(l, generation);
	}
	if (kept == 0)
		return fresh > 0;
	return all ? wanted == kept : wanted > 0;
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

const char *aet_ready_missing(
	const struct aet_generation *generation, char *ret_detail, size_t size)
{
	char address[AET_ADDRESS_TEXT];
	bool any = false;

	AET_FOREACH_LISTENER(l)
		any = any || is_adopted(l, generation->number);
	if (aet_swap_config()->ready == AET_READY_NOTIFY) {
		(void)snprintf(ret_detail, size, "no READY=1 within start_timeout");
		return "start_timeout";
	}
	if (aet_swap_config()->ready == AET_READY_STARTED) {
		(void)snprintf(ret_detail, size, "start_timeout is shorter than ready_after");
		return "start_timeout";
	}
	if (aet_listener_count() == 0 || !any) {
		(void)snprintf(ret_detail, size,
			"the new version bound no listener within start_timeout%s",
			aet_listener_count() == 0
				? " (a program without listeners wants ready: started)"
				: "");
		return "never_bound";
	}
	AET_FOREACH_LISTENER(l) {
		if (is_adopted(l, generation->number) || !is_kept_for(l, generation->number))
			continue;
		(void)aet_address_format(&l->address, address, sizeof(address));
		(void)snprintf(ret_detail, size, "the new version never bound %s", address);
		return "listener_missing";
	}
	(void)snprintf(ret_detail, size, "the new version was not ready within start_timeout");
	return "start_timeout";
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
