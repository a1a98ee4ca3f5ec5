/*
 * After the commit: the old generation finishes its connections, then the launcher ends it.
 */
#ifndef AET_DRAIN_H
#define AET_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

struct aet_generation;
struct aet_listener;

/* The generation was replaced. It gets TERM when its connections are gone and ready_after has
 * passed, at the latest drain_timeout and stop_timeout after the commit. One that handed its state
 * over and has nothing to finish is frozen instead (frozen.h). */
void aet_drain_begin(struct aet_generation *old);

/* After a commit: whoever drains looks at the word, also those of earlier swaps. What they have left
 * follows to the generation that serves now, and `reload` waits until they have said so. */
void aet_drain_wake(void);

/* The newest draining generation that can serve again; NULL: none. */
struct aet_generation *aet_drain_newest(void);

/* The generation serves again: it gets its listeners back. */
void aet_drain_reclaim(struct aet_generation *generation);

/* Kills the oldest generation when AET_DRAINING_MAX of them drain. */
void aet_drain_make_room(void);

/* The generation that would be cut although its changes are not taken yet (debt.h); 0: none. */
uint32_t aet_drain_would_lose(void);

/* The serving program closed its last descriptor of a listener. */
void aet_drain_listener_unused(struct aet_listener *listener, uint32_t generation);

/* Closes the listeners that no living generation uses or will use. */
void aet_drain_sweep_listeners(void);

#endif
