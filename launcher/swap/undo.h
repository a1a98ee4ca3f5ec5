/*
 * Actions of table.def: end a swap, dry run or snapshot before the commit; the serving generation
 * goes on as if nothing had happened.
 */
#ifndef AET_UNDO_H
#define AET_UNDO_H

/* The cause: as set before; the timeout of the current state; handoff.state names what no process
 * dumps. */
void aet_act_undo(void);
void aet_act_undo_late(void);
void aet_act_undo_unclaimed(void);

/* The launcher was told to stop, and takes a snapshot before. */
void aet_act_undo_to_stop(void);

/* The serving generation died: undoes the swap in hand, and FINISH handles the death. */
void aet_act_undo_and_mourn(void);

/* It died, and a predecessor can serve again: the swap begins anew from that one. */
void aet_act_retry_and_mourn(void);

/* A dry run succeeded: without, or with, states to compare. */
void aet_act_conclude(void);
void aet_act_compare(void);

#endif
