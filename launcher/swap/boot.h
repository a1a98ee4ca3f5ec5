/*
 * Actions of table.def: the candidate starts beside the serving generation.
 */
#ifndef AET_BOOT_H
#define AET_BOOT_H

/* Step 1: spawned with the listeners, and parked. Posts CANDIDATE_LOST if it cannot be. */
void aet_act_boot(void);

/* The serving generation died: the candidate goes on starting in its place, while clients wait in
 * the queue as after any crash. With kept state it stays parked until it has loaded that. */
void aet_act_succeed(void);

#endif
