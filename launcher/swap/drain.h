/*
 * After commit: the old generation finishes what it has and is retired.
 */
#ifndef AET_DRAIN_H
#define AET_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

struct aet_generation;
struct aet_listener;

/* The generation was replaced. It stays until its connections are gone and the new one has lived
 * for ready_after, at most drain_timeout; then TERM. */
void aet_drain_begin(struct aet_generation *old, bool kill_old);

/* After a commit: whoever drains looks at the word, also those of earlier swaps. What they have left
 * follows to the generation that serves now, and `reload` waits until they have said so. */
void aet_drain_wake(void);

/* The newest replaced generation that was not told to end yet; NULL: none. */
struct aet_generation *aet_drain_newest(void);

/* It serves again: its listeners are its own. */
void aet_drain_reclaim(struct aet_generation *generation);

/* Cuts the oldest when there are AET_DRAINING_MAX. */
void aet_drain_make_room(void);

/* The serving program closed its last descriptor of a listener. */
void aet_drain_listener_unused(struct aet_listener *listener, uint32_t generation);

/* Listeners no living generation uses or will use are closed. */
void aet_drain_sweep_listeners(void);

#endif
