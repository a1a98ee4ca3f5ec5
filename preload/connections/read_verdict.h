/*
 * What a read of a connection does while the generation may not serve. A pure function of four facts.
 */
#ifndef AET_READ_VERDICT_H
#define AET_READ_VERDICT_H

#include <stdbool.h>

#include "phase.h"

enum aet_read_verdict {
	AET_READ_FREELY, /* go on; no other read has to ask under this word */
	AET_READ_ON, /* go on: a request is under way, and this generation answers it */
	AET_READ_HOLD, /* tell the program that nothing came yet; a blocking read waits */
	AET_READ_WAIT, /* sleep until the swap is decided, then ask again */
	AET_READ_LEAVE, /* the connection goes to the generation that serves */
};

/* with_state: the swap hands over state. frozen: the state is dumped, and the swap is undecided.
 * idle: the connection is at a request boundary. */
static inline enum aet_read_verdict aet_read_verdict(
	enum aet_role role, bool with_state, bool frozen, bool idle)
{
	if (role == AET_ROLE_SERVE || (!with_state && role != AET_ROLE_DRAIN))
		return AET_READ_FREELY;
	if (with_state && frozen)
		return AET_READ_WAIT;
	if (!idle)
		return AET_READ_ON;
	return role == AET_ROLE_DRAIN ? AET_READ_LEAVE : AET_READ_HOLD;
}

#endif
