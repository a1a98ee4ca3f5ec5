/*
 * Actions of table.def: gate the serving generation, and decide. What follows is in commit.h and
 * undo.h.
 */
#ifndef AET_SWAP_GATE_H
#define AET_SWAP_GATE_H

/* Gates the serving generation. Posts UNDONE if that is impossible. */
void aet_act_gate(void);

/* Does the compare-and-swap. Posts DECIDED, or UNDONE if a process was faster. */
void aet_act_decide(void);

/* Opens the gate of a dry run or snapshot: the serving generation goes on. */
void aet_gate_open(void);

#endif
