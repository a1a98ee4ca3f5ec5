/*
 * How a generation ends, as under an init: its first process is told and may finish what it has
 * begun, with its children. The rest of the tree is told 500 ms after that process has gone, or at
 * three quarters of the time; processes in sessions of their own at three quarters.
 */
#ifndef AET_ENDING_H
#define AET_ENDING_H

#include <stdint.h>

#include "process/generation.h"

#define AET_ENDING_GRACE_MS 500

/* Tells its first process, once: stop_signal, and CONT in case it is stopped. */
void aet_ending_tell_first(struct aet_generation *generation);

/* The same, and later tells the rest. limit_ms is not enforced: the caller kills. */
void aet_generation_ask(struct aet_generation *generation, uint64_t limit_ms);

/* The same, with KILL after limit_ms; freed when the last process is gone. If its first process ended
 * before, unasked, all others are told at once. */
void aet_generation_stop(struct aet_generation *generation, uint64_t limit_ms);
void aet_generation_kill(struct aet_generation *generation);

#endif
