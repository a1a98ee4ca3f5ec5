/*
 * The launcher's hand on the phase word (common/phase.h). Every write of ours goes through here, and
 * what was written last is remembered: a word that differs was undone by a process.
 */
#ifndef AET_PHASE_WORD_H
#define AET_PHASE_WORD_H

#include <stdbool.h>
#include <stdint.h>

#include "phase.h"

/* Whatever stood there: nobody may have a say in it. */
void aet_phase_set(uint64_t word);

/* From the word written last to another phase or generation; false: a process undid it. */
bool aet_phase_change(uint64_t word);

/* No process has changed it since. */
bool aet_phase_is_ours(void);

/* What stands there. */
uint64_t aet_phase_now(void);

#endif
