/*
 * The never-ready sockets: what stands at a generation's descriptor of a listener while it may not
 * take connections. It is also the door for the generation's own processes, which find the address
 * in the shared address book (book.h).
 */
#ifndef AET_PLACEHOLDER_H
#define AET_PLACEHOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "listen/listener.h"

/* The never-ready socket of a generation, made on first demand; -errno. */
int aet_listener_placeholder(struct aet_listener *listener, uint32_t generation);

/* The generation has bound it: its processes may connect to it. And the opposite, for one whose
 * processes that had it are dead. */
void aet_listener_bind(struct aet_listener *listener, uint32_t generation);
void aet_listener_unbind(struct aet_listener *listener, uint32_t generation);

/* Bound so; with the inodes of what its processes have open of it. */
bool aet_listener_is_bound(
	const struct aet_listener *listener, uint32_t generation, uint32_t ret_inodes[2]);

/* From now on the placeholder of the generation takes connections; -ENOENT: it has none. */
int aet_listener_open_door(struct aet_listener *listener, uint32_t generation);

/* A process of the generation has connected to it, and nobody has accepted that yet. */
bool aet_listener_is_knocked_at(const struct aet_listener *listener, uint32_t generation);

/* Closes the placeholders of a generation that is gone. */
void aet_listener_forget_generation(uint32_t generation);

#endif
