/*
 * handoff.snapshot_every: posts AET_FACT_DUE at a moment when a snapshot is due, no swap is in hand
 * and no request in flight. A program that is never quiet is not gated for it: it is skipped.
 */
#ifndef AET_SNAPSHOT_TIMER_H
#define AET_SNAPSHOT_TIMER_H

#define AET_DUE_LOOK_MS  10 /* between two looks whether the program is quiet */
#define AET_DUE_SHARE    10 /* looks for this part of snapshot_every, */
#define AET_DUE_LEAST_MS 1000 /* and for so long at least */
#define AET_DUE_GATE_MS  100 /* requests that came in since the look may take so long */

/* The committed configuration may be another one. */
void aet_snapshot_timer_look(void);

#endif
