/*
 * The late steps: the dump of what an older process has changed since its state was dumped, and the
 * merge of that into a process that serves. One debt at a time, and only while no swap has a step
 * of its own in hand. A swap cancels a late step, unless a process is in the middle of a merge.
 */
#ifndef AET_STATE_LATE_H
#define AET_STATE_LATE_H

#include <stdbool.h>
#include <stdint.h>

struct aet_debt;

/* The debt in hand; NULL: there is none. */
struct aet_debt *aet_late_debt(void);
bool aet_late_is_active(void);

/* AETERNA_CHANGES, AETERNA_MERGE; 0: none is in hand. */
uint32_t aet_late_flags(void);

/* Facts report the rest: DUMPED or LOADED, or STATE_FAILED. */
void aet_late_begin_changes(struct aet_debt *debt);
void aet_late_begin_merge(struct aet_debt *debt, uint32_t into, uint32_t slot);

/* Ends the step; the debt has the container. */
void aet_late_end(void);

/* A process is in the middle of a merge: only its report or its death ends that. */
bool aet_late_is_merging(void);

/* A swap wants the steps. False: a process is in the middle of a merge. */
bool aet_late_cancel(void);

#endif
