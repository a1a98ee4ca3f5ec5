/*
 * Actions of table.def for overlap: false: the old generation ends before the next one starts. It
 * takes nothing new from the beginning, puts its idle connections into the handoff queue, answers
 * what is in flight, and gets TERM only then.
 *
 * With state it is gated and dumps first (handover.h). Then it stands still, gives its idle
 * connections away and is killed; the launcher keeps the state, alone, for the next generation and
 * for every further start until one has lasted.
 */
#ifndef AET_STOP_FIRST_H
#define AET_STOP_FIRST_H

#include <stdbool.h>

struct aet_generation;

void aet_act_yield(void);

/* The same for a generation that has dumped; posts UNDONE if a process has undone the swap. */
void aet_act_yield_dumped(void);

/* TERM, or KILL after a dump; and KILL, repeatedly, once stop_timeout is over. */
void aet_act_end_old(void);
void aet_act_kill_old(void);

/* True when nothing is in flight and no connection has moved since the last call. */
bool aet_stop_first_has_yielded(void);

/* The first process of the old generation has ended: ends the others, and keeps what was dumped
 * completely. */
void aet_stop_first_bury(struct aet_generation *old);

/* True while the old generation, which hands state over, can serve on. */
bool aet_stop_first_can_undo(void);

#endif
