/*
 * Reconciliation: makes every socket of this process follow the role that the phase word gives its
 * generation. Nothing else decides that; signals, messages and hooks only make it run.
 */
#ifndef AET_RECONCILE_H
#define AET_RECONCILE_H

/* Under the table's lock. Empties the lifeline, follows the role, reports to the launcher.
 * Async-signal-safe, no allocation, idempotent. */
void aet_reconcile_locked(void);

/* In the child of a fork: the launcher has heard nothing of it yet. */
void aet_reconcile_after_fork(void);

#endif
