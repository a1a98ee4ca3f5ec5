/*
 * Where CPython keeps its own locks and conditions: a thread that waits there waits for its turn.
 */
#ifndef AET_INTERPRETER_H
#define AET_INTERPRETER_H

#include <stdbool.h>
#include <stdint.h>

/* Looks for one; done again when there may be one now. Not async-signal-safe. */
void aet_interpreter_look(void);

/* The address is inside its runtime. False where there is no interpreter. */
bool aet_interpreter_has(uintptr_t address);

#endif
