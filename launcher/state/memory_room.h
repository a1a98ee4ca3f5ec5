/*
 * The memory that is available: what the machine has free, within the limits of this process's
 * control groups.
 */
#ifndef AET_MEMORY_ROOM_H
#define AET_MEMORY_ROOM_H

#include <stdint.h>

/* In bytes; 0: not known. root is a prefix of /proc and /sys: "" except in tests. */
uint64_t aet_memory_room(const char *root);

#endif
