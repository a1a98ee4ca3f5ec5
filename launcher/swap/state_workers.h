/*
 * The crew: the processes of a generation that have state. The n-th of the old generation hands its
 * state to the n-th of the new one, in the order of their first interest, so there have to be as
 * many. Workers come one after the other: how long the next one is waited for is decided here, and
 * what one that comes too late means.
 */
#ifndef AET_CREW_H
#define AET_CREW_H

#include <stdbool.h>
#include <stdint.h>

struct aet_member;

enum aet_crew {
	AET_CREW_AWAITED, /* somebody may come still */
	AET_CREW_WHOLE, /* as many as the old generation has, and nobody came for a while */
	AET_CREW_CHANGED, /* there are more or fewer: the cause is set */
};

/* The candidate is ready: from here on its crew is watched. */
void aet_crew_begin(void);

/* How it stands; at_once: nobody is waited for any longer. */
enum aet_crew aet_crew_look(bool at_once);

/* A process told that it has state. */
void aet_crew_told(const struct aet_member *member);

/* A process that takes state showed its first interest. */
void aet_crew_came(const struct aet_member *member);

/* The generation has been given its state: who comes to it later has none. */
void aet_crew_given(uint32_t generation);

#endif
