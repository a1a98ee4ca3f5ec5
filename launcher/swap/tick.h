/*
 * Polls, while a state lasts, for what no message reports: readiness seen from outside, whether all
 * is quiet, whether the phase word still stands. Posts at most one inner event.
 */
#ifndef AET_TICK_H
#define AET_TICK_H

#include <stdint.h>

#include "swap/swap.h"

/* The interval in milliseconds; 0: nothing to poll in this state. */
uint64_t aet_tick_ms(enum aet_swap_state state);

/* Polls once. Wakes members that have not answered. */
void aet_tick(enum aet_swap_state state);

#endif
