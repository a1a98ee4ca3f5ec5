/*
 * Where the threads of an interpreter take turns. A hook must not run there: it takes the same lock, and
 * a thread that waits for it may already hold a part of it.
 */
#ifndef AET_TURN_H
#define AET_TURN_H

#include <stdbool.h>
#include <stddef.h>

/* Looks for CPython. It may come later, as a library of another program: look again then. Not
 * async-signal-safe. */
void aet_turn_find_interpreter(void);

/* Where the interpreter keeps its lock, and how many bytes of it. */
void aet_turn_set_interpreter(const void *at, size_t size);

/* The interrupted system call of that number (-1: unknown) waits for a thread's turn, and for moments.
 * Async-signal-safe. */
bool aet_turn_is_awaited(long number, const void *context);

#endif
