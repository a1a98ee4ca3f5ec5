/*
 * Actions of table.def: the serving generation is shut, and the one instant that decides. Whatever
 * comes after it is in commit.h and undo.h.
 */
#ifndef AET_SWAP_GATE_H
#define AET_SWAP_GATE_H

/* Step 4. Posts UNDONE if it cannot be shut. */
void aet_act_gate(void);

/* Step 7: the compare-and-swap. Posts DECIDED, or UNDONE if a process was faster. */
void aet_act_decide(void);

/* The gate of a trial is opened again: the serving generation goes on. */
void aet_gate_open(void);

#endif
