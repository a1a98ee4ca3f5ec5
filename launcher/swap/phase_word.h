/*
 * The launcher's access to the phase word (common/phase.h). Every write of the launcher goes
 * through here, and the last one is remembered: if the word differs, a process has undone it.
 */
#ifndef AET_PHASE_WORD_H
#define AET_PHASE_WORD_H

#include <stdbool.h>
#include <stdint.h>

#include "phase.h"

/* Writes the word, whatever stands there. */
void aet_phase_set(uint64_t word);

/* Replaces the word that was written last; false: a process has undone that one. */
bool aet_phase_change(uint64_t word);

/* True while no process has changed the word since the last write. */
bool aet_phase_is_ours(void);

/* The generation stands still from its dump on, and after a commit too (aet_page_is_frozen); 0: none
 * does. */
void aet_phase_freeze(uint32_t generation);

/* Until when it does if the launcher dies. At once, if nobody could see whether the successor lives. */
void aet_phase_freeze_until(uint64_t end_ms, uint32_t successor);

/* The word that stands in the page. */
uint64_t aet_phase_now(void);

#endif
