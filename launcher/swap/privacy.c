#include "swap/privacy.h"

#include <fnmatch.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "address.h"
#include "base/log.h"
#include "listen/private.h"
#include "process/generation.h"
#include "service/service.h"
#include "swap/made_by.h"
#include "swap/other_name.h"
#include "swap/swap.h"

static const struct aet_config *config_of(uint32_t generation)
{
	bool is_candidate = aet_swap.candidate && aet_swap.candidate->number == generation;

	return is_candidate ? aet_swap_config() : aet_service.config;
}

static bool is_named(char *const *patterns, const struct aet_address *address, uint32_t flags)
{
	struct aet_address wish = *address;
	char text[AET_ADDRESS_TEXT];
	char wish_text[AET_ADDRESS_TEXT];

	if (flags & AET_SOCKET_ANY_PORT)
		wish.bytes[2] = wish.bytes[3] = 0;
	(void)aet_address_format(address, text, sizeof(text));
	(void)aet_address_format(&wish, wish_text, sizeof(wish_text));
	for (; patterns && *patterns; patterns++)
		if (fnmatch(*patterns, text, 0) == 0 || fnmatch(*patterns, wish_text, 0) == 0)
			return true;
	return false;
}

static bool is_loopback(const struct aet_address *address)
{
	const struct sockaddr_in *in = (const void *)address->bytes;
	const struct sockaddr_in6 *in6 = (const void *)address->bytes;

	if (address->family == AF_INET)
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	return address->family == AF_INET6 &&
		(IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) ||
			(IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) &&
				in6->sin6_addr.s6_addr[12] == 127));
}

enum aet_privacy aet_privacy_of(const struct aet_offer *offer)
{
	const struct aet_generation *generation = aet_generation_get(offer->credential.generation);
	const struct aet_config *config = config_of(offer->credential.generation);

	if (!generation || is_named(config->public_sockets, &offer->address, offer->flags))
		return AET_PRIVACY_NONE;
	if (is_named(config->private_sockets, &offer->address, offer->flags))
		return AET_PRIVACY_CONFIGURED;
	if (offer->flags & AET_SOCKET_ANY_PORT)
		return AET_PRIVACY_ANY_PORT;
	if (offer->flags & AET_SOCKET_OWN_NAME)
		return AET_PRIVACY_PROCESS_NAME;
	if (aet_made_by_generation(&offer->address, generation))
		return AET_PRIVACY_DIRECTORY;
	if (aet_other_name_mark(&offer->address, generation->number))
		return AET_PRIVACY_OTHER_NAME;
	return AET_PRIVACY_NONE;
}

static bool has_public(void)
{
	AET_FOREACH_LISTENER(l)
		if (l->privacy == AET_PRIVACY_NONE)
			return true;
	return false;
}

/* What a start script makes once (mkdir -p /run/app) the first generation makes: a later one may
 * bind there as well. And a port beyond the loopback must not be open before the commit. */
bool aet_privacy_leaves(const struct aet_offer *offer, enum aet_privacy privacy)
{
	uint32_t generation = offer->credential.generation;

	if (!has_public())
		return false;
	switch (privacy) {
	case AET_PRIVACY_PROCESS_NAME:
		return true;
	case AET_PRIVACY_DIRECTORY:
		return generation > 1;
	case AET_PRIVACY_ANY_PORT:
		return is_loopback(&offer->address) ||
			(aet_swap.serving && aet_swap.serving->number == generation);
	default:
		return false;
	}
}

static void tell(const struct aet_address *address, uint32_t generation, enum aet_privacy privacy)
{
	char text[AET_ADDRESS_TEXT];

	aet_log_info("%s is private to generation %u: %s",
		aet_address_format(address, text, sizeof(text)), generation,
		aet_privacy_text(privacy));
}

void aet_privacy_note(const struct aet_offer *offer, pid_t pid, enum aet_privacy privacy)
{
	aet_private_add(&offer->address, offer->credential.generation, (int)pid, privacy);
	tell(&offer->address, offer->credential.generation, privacy);
}

void aet_privacy_adopted(struct aet_listener *listener, uint32_t generation)
{
	char text[AET_ADDRESS_TEXT];

	if (listener->privacy == AET_PRIVACY_NONE || listener->since == generation ||
		listener->adopted == generation)
		return;
	listener->privacy = AET_PRIVACY_NONE;
	if (!listener->is_private)
		return;
	listener->is_private = false;
	aet_log_info("%s is public: generation %u binds it, too",
		aet_address_format(&listener->address, text, sizeof(text)), generation);
}

/* What a later generation has bound already stays public. */
void aet_privacy_settle(void)
{
	if (!has_public())
		return;
	AET_FOREACH_LISTENER(l) {
		if (l->privacy == AET_PRIVACY_NONE || l->is_private || l->adopted != l->since)
			continue;
		l->is_private = true;
		tell(&l->address, l->since, l->privacy);
	}
}

void aet_privacy_forget(uint32_t generation)
{
	AET_FOREACH_LISTENER(l)
		if (l->is_private && l->adopted == generation)
			aet_listener_drop(l);
	aet_private_forget_generation(generation);
}
