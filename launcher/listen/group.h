/*
 * Groups: kept listeners of one address, each with SO_REUSEPORT, among which the kernel spreads the
 * connections. A generation with fewer of them leaves some without anybody who accepts; new connections
 * are steered to the others by a classic BPF program on the group, socket(7). It names members by their
 * slots in the kernel's table, which are known because the launcher itself calls listen() on each.
 */
#ifndef AET_GROUP_H
#define AET_GROUP_H

#include <stdbool.h>
#include <stdint.h>

struct aet_listener;

/* Both are in one group. */
bool aet_group_is_one(const struct aet_listener *a, const struct aet_listener *b);

/* How many members the group has; 1: it is none. */
int aet_group_count(const struct aet_listener *listener);

/* listen() on a socket that is kept from now on, so that it joins its group; 0 or -errno. Its slot is
 * known only if it had not listened before. */
int aet_group_join(struct aet_listener *listener, int backlog);

/* Before the launcher closes a member: the last one gets its slot, reuseport_detach_sock(). */
void aet_group_leave(const struct aet_listener *listener);

/* New connections come to the members that is_used says yes of, and to no other. -errno: they are
 * spread as before; -ENXIO: the kernel's group is not the one that is kept, so that no slot is sure. */
int aet_group_steer(const struct aet_listener *listener,
	bool (*is_used)(const struct aet_listener *listener, uint32_t generation),
	uint32_t generation);

/* They come to all again. */
void aet_group_spread(const struct aet_listener *listener);

/* Connections that wait for accept() in it; -errno: not known. */
int aet_group_waiting(const struct aet_listener *listener);

#endif
