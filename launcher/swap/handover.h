/*
 * The part of a swap that is about state (swap.c has the table): settle, quiet, dump, load. A
 * generation without state passes through none of it.
 */
#ifndef AET_HANDOVER_H
#define AET_HANDOVER_H

#include <stdbool.h>

struct aet_generation;

/* The candidate boots: memory is made for what the serving generation will dump. */
void aet_handover_prepare(void);

/* This swap hands state over. Known from the moment the candidate is ready. */
bool aet_handover_is_on(void);

/* Actions of the table. Each moves to the next state or reports why it cannot. */
void aet_handover_settle(void);
void aet_handover_settled_late(void);
void aet_handover_await_quiet(void);
void aet_handover_dump(void);
void aet_handover_load(void);

/* The serving generation is gone: the candidate gets what was dumped, or else what is kept, or
 * takes over as it is. If it fails then, the program is started again with that state. */
void aet_handover_orphan(void);
bool aet_handover_is_orphan(void);

/* A generation has just been given its state: for a time it may be needed once more. */
void aet_handover_on_probation(void);

/* The deadlines of QUIET, DUMP and LOAD: the cause is set, or on_busy goes on. False: undo. */
bool aet_handover_is_late(void);

/* Every look while one of its states lasts: wakes who has to do something, tells what happened. */
void aet_handover_poll(void);

/* At the commit the old generation is shut for good, or finishes what it has (on_busy: drain). */
bool aet_handover_kills_old(void);
void aet_handover_end(bool committed);

#endif
