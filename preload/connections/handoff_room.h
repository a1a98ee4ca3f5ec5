/*
 * Room for descriptors: what a process may open more, before connections come to it.
 */
#ifndef AET_HANDOFF_ROOM_H
#define AET_HANDOFF_ROOM_H

#include <stdbool.h>
#include <sys/resource.h>

/* How many numbers are free, up to most, which is at most 128. */
int aet_room_count(int most);

/* Raises the soft limit as far as it goes; what it was, to be set again. False: it is not known. */
bool aet_room_raise_limit(struct rlimit *ret_before);

#endif
