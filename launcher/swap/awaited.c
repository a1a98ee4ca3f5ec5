#include "swap/awaited.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "base/log.h"
#include "base/loop.h"
#include "listen/private.h"
#include "process/generation.h"
#include "swap/ready.h"
#include "swap/swap.h"

#define TELL_MS     5000
#define INSTEAD_MAX 60 /* bytes of one address, in a sentence */

static bool binds_any(uint32_t generation)
{
	AET_FOREACH_LISTENER(l)
		if (aet_ready_is_bound(l, generation))
			return true;
	return false;
}

/* What the generation is the first to bind; "": nothing. */
static void describe_new(uint32_t generation, char *text, size_t size)
{
	char address[AET_ADDRESS_TEXT];

	text[0] = '\0';
	AET_FOREACH_LISTENER(l)
		if (l->since == generation && aet_ready_is_bound(l, generation)) {
			(void)snprintf(text, size, "%.*s", INSTEAD_MAX,
				aet_address_format(&l->address, address, sizeof(address)));
			return;
		}
}

static void blame_listener(
	const struct aet_listener *listener, uint32_t generation, char *detail, size_t size)
{
	char address[AET_ADDRESS_TEXT];
	char instead[INSTEAD_MAX + 1];

	(void)aet_address_format(&listener->address, address, sizeof(address));
	describe_new(generation, instead, sizeof(instead));
	(void)snprintf(detail, size,
		"the new version never bound %.*s%s%s%s (each version's own? service.private)",
		INSTEAD_MAX, address, instead[0] ? ", it bound " : "", instead,
		instead[0] ? " instead" : "");
}

const char *aet_awaited_blame(
	const struct aet_generation *generation, char *ret_detail, size_t size)
{
	if (aet_swap_config()->ready == AET_READY_NOTIFY) {
		(void)snprintf(ret_detail, size, "no READY=1 within start_timeout");
		return "start_timeout";
	}
	if (aet_swap_config()->ready == AET_READY_STARTED) {
		(void)snprintf(ret_detail, size, "start_timeout is shorter than ready_after");
		return "start_timeout";
	}
	if (aet_listener_count() == 0 || !binds_any(generation->number)) {
		(void)snprintf(ret_detail, size,
			"the new version bound no listener within start_timeout%s",
			aet_listener_count() == 0
				? " (a program without listeners wants ready: started)"
				: "");
		return "never_bound";
	}
	AET_FOREACH_LISTENER(l) {
		if (aet_ready_is_bound(l, generation->number) ||
			!aet_ready_needs(l, generation->number))
			continue;
		blame_listener(l, generation->number, ret_detail, size);
		return "listener_missing";
	}
	(void)snprintf(ret_detail, size, "the new version was not ready within start_timeout");
	return "start_timeout";
}

static const char *what_is_missing(const struct aet_listener *listener, uint32_t generation)
{
	if (!aet_ready_needs(listener, generation))
		return NULL;
	if (!aet_ready_is_bound(listener, generation))
		return "to bind";
	return listener->wanted == generation ? NULL : "to accept on";
}

static void describe(uint32_t generation, char *text, size_t size)
{
	char address[AET_ADDRESS_TEXT];

	text[0] = '\0';
	AET_FOREACH_LISTENER(l) {
		const char *missing = what_is_missing(l, generation);
		size_t used = strlen(text);

		if (missing)
			(void)snprintf(text + used, size - used, "%s%s %s", used ? ", " : "",
				missing, aet_address_format(&l->address, address, sizeof(address)));
	}
}

void aet_awaited_tell(const struct aet_generation *generation)
{
	static uint32_t told;
	char text[512];

	if (generation->number == told || aet_now_ms() < generation->born_ms + TELL_MS)
		return;
	told = generation->number;
	switch (aet_swap_config()->ready) {
	case AET_READY_STARTED:
		return;
	case AET_READY_NOTIFY:
		aet_log_info("generation %u is waited for: it has not said READY=1", told);
		return;
	case AET_READY_ACCEPT:
	case AET_READY_LISTEN:
	default:
		describe(told, text, sizeof(text));
		aet_log_info("generation %u is waited for: %s", told, text[0] ? text : "to listen");
	}
}
