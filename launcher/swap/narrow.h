/*
 * A generation that has fewer sockets in a SO_REUSEPORT group than the one before: those that it leaves
 * get no new connections any more, are emptied by the old generation, and are closed when that is gone.
 */
#ifndef AET_NARROW_H
#define AET_NARROW_H

#include <stdbool.h>
#include <stdint.h>

struct aet_generation;
struct aet_listener;

/* While the generation comes up: once it has had time to bind more, steers away from what it leaves. */
void aet_narrow_look(const struct aet_generation *generation);

/* The generation leaves the listener, and no connection waits there for accept(). */
bool aet_narrow_leaves(
	const struct aet_listener *listener, const struct aet_generation *generation);

/* This generation serves now, or has bound one more: connections come to what it has. */
void aet_narrow_follow(uint32_t serving);

/* The serving generation leaves the listener, which is another's still or will be closed here. */
bool aet_narrow_handles(const struct aet_listener *listener, uint32_t serving);

/* Closes what the serving generation leaves, if no older one is there to be served from it. */
void aet_narrow_close(uint32_t serving);

#endif
