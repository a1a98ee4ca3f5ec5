/*
 * A safe point: a blocking system call of the main thread, where hooks may run like any function
 * the program might have called there. The handler that interrupted the call cannot run them
 * itself; it makes the thread return into an entry of ours, which comes back to the call as if
 * nothing had been.
 */
#ifndef AET_SAFE_POINT_H
#define AET_SAFE_POINT_H

#include <stdbool.h>

/* The interrupted instruction is a blocking system call, and none that waits for its turn with other
 * threads. Before aet_context_mend(). */
bool aet_safe_point_is_one(const void *context);

/* Makes the thread take the step that is due, and go on then as the context says now. */
void aet_safe_point_enter(void *context);

#endif
