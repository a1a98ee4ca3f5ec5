/*
 * What this process says of its state, for people: asked of one that serves, which goes on at once.
 */
#ifndef AET_STATE_DESCRIBE_H
#define AET_STATE_DESCRIBE_H

#include <stdbool.h>
#include <stdint.h>

/* True for a step that asks for it. */
bool aet_state_describe_is(uint64_t step);

/* Calls the hook; what it has written, here or in a copy of this process, goes to the launcher. */
void aet_state_describe(uint64_t step);

#endif
