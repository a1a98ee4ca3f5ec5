/*
 * Actions of table.def for overlap: false: the old generation ends before the next one starts. It
 * takes nothing new from the beginning, gives its idle connections into the launcher's keeping,
 * answers what is in flight, and is told to end only then.
 */
#ifndef AET_STOP_FIRST_H
#define AET_STOP_FIRST_H

#include <stdbool.h>

void aet_act_yield(void);

/* TERM, and KILL again and again once stop_timeout is over. */
void aet_act_end_old(void);
void aet_act_kill_old(void);

/* Nothing is in flight, and nothing that could still go elsewhere went since the last look. */
bool aet_stop_first_has_yielded(void);

#endif
