/*
 * What nobody tells is asked for again and again while a state lasts: readiness seen from outside,
 * whether all is quiet, whether the phase word still stands. Posts at most one inner event.
 */
#ifndef AET_TICK_H
#define AET_TICK_H

#include <stdint.h>

#include "swap/swap.h"

/* How often, in milliseconds; 0: this state has nothing to be asked. */
uint64_t aet_tick_ms(enum aet_swap_state state);

/* One look. It wakes processes that dawdle. */
void aet_tick(enum aet_swap_state state);

#endif
