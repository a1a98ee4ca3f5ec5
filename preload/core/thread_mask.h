/*
 * What signals another thread blocks, as /proc says.
 */
#ifndef AET_THREAD_MASK_H
#define AET_THREAD_MASK_H

#include <stdbool.h>

/* True if this thread of the process surely takes the signal. */
bool aet_thread_mask_lets(int thread_id, int signal);

#endif
