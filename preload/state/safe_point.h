/*
 * A safe point: a blocking system call of the main thread, where hooks may run like any function
 * that the program might have called there. The handler that interrupted the call cannot run them
 * itself: it makes the thread return into an entry of ours, which then returns to the call.
 */
#ifndef AET_SAFE_POINT_H
#define AET_SAFE_POINT_H

#include <stdbool.h>

/* The interrupted instruction is a blocking system call, but not a thread's wait for its turn.
 * Before aet_context_mend(). */
bool aet_safe_point_is_one(const void *context);

/* Makes the thread do the task that is due and then go on as the context says now. */
void aet_safe_point_enter(void *context);

#endif
