/*
 * Actions of table.def for overlap: false: the old generation ends before the next one starts. It
 * takes nothing new from the beginning, puts its idle connections into the handoff queue, answers
 * what is in flight, and gets TERM only then.
 */
#ifndef AET_STOP_FIRST_H
#define AET_STOP_FIRST_H

#include <stdbool.h>

void aet_act_yield(void);

/* TERM; and KILL, repeatedly, once stop_timeout is over. */
void aet_act_end_old(void);
void aet_act_kill_old(void);

/* True when nothing is in flight and no connection has moved since the last call. */
bool aet_stop_first_has_yielded(void);

#endif
