/*
 * Room for descriptors: how many more a process may open when connections come to it.
 */
#ifndef AET_HANDOFF_ROOM_H
#define AET_HANDOFF_ROOM_H

#include <stdbool.h>
#include <sys/resource.h>

struct aet_socket;

/* How many numbers are free, up to most, which is at most 128. */
int aet_room_count(int most);

/* Raises the soft limit as far as it goes; what it was, to be set again. False: it is not known. */
bool aet_room_raise_limit(struct rlimit *ret_before);

/* Makes room for the descriptors of connections that may come, or tells the launcher that there is
 * none. Under the lock. */
void aet_room_expect(const struct aet_socket *sock);

#endif
