/*
 * Which processes of a generation have state, and in which order: the n-th dumps what the n-th of the
 * next generation loads.
 */
#ifndef AET_STATE_ORDER_H
#define AET_STATE_ORDER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The slots of the processes of a generation that dump or load (AETERNA_STEP_*), in the order in
 * which they first used a listener; if none has used any, of all of them, the newest first. At most
 * max; returns how many.
 */
unsigned aet_state_order(uint32_t generation, uint32_t step, uint32_t *ret_slots, unsigned max);

/* Whether every process with state says that what it changes after its dump could be merged. */
bool aet_state_can_merge(uint32_t generation);

#endif
