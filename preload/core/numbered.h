/*
 * What /proc lists by number: threads, descriptors. Raw system calls alone: a handler may ask.
 */
#ifndef AET_NUMBERED_H
#define AET_NUMBERED_H

#include <stdbool.h>

/* Calls visit for each number above 0 in the directory. False: it cannot be read, or there is no
 * /proc here (chroot). */
bool aet_numbered_visit(const char *directory, void (*visit)(int number, void *data), void *data);

#endif
