/*
 * Actions of table.def: the candidate starts beside the serving generation.
 */
#ifndef AET_BOOT_H
#define AET_BOOT_H

/* Starts the candidate with the listeners, parked. Posts CANDIDATE_LOST if that fails. */
void aet_act_boot(void);

/* The serving generation died: the candidate continues its start in its place, while clients wait
 * in the queue as after any crash. If there is kept state, it stays parked until it has loaded
 * that. */
void aet_act_succeed(void);

#endif
