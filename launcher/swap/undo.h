/*
 * Actions of table.def: a swap, a dry run or a snapshot ends before the commit, and the serving
 * generation goes on as if nothing had happened.
 */
#ifndef AET_UNDO_H
#define AET_UNDO_H

/* For the cause that is set; or for the timeout of the state in hand; or because handoff.state names
 * what no process has. */
void aet_act_undo(void);
void aet_act_undo_late(void);
void aet_act_undo_unclaimed(void);

/* The serving generation died, and what is in hand means nothing without it. */
void aet_act_undo_and_mourn(void);

/* It died, and a predecessor can serve again: the same swap is begun anew from that one. */
void aet_act_retry_and_mourn(void);

/* A dry run came as far as it should. */
void aet_act_conclude(void);
void aet_act_compare(void);

#endif
