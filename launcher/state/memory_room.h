/*
 * Memory that can be taken without taking anybody else's: what the machine has, and what the control
 * groups of this process leave of it.
 */
#ifndef AET_MEMORY_ROOM_H
#define AET_MEMORY_ROOM_H

#include <stdint.h>

/* Bytes; 0 where it cannot be told. root stands before /proc and /sys: "" but in tests. */
uint64_t aet_memory_room(const char *root);

#endif
