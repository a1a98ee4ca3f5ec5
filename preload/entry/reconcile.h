/*
 * Looking at the page: brings every socket of this process in line with the role its generation
 * has now. The only place that decides; signals, notes and hooks merely make it run.
 */
#ifndef AET_RECONCILE_H
#define AET_RECONCILE_H

/* Under the table's lock. Reads the lifeline empty, follows the role, tells the launcher.
 * Async-signal-safe, no allocation, idempotent. */
void aet_reconcile_locked(void);

/* In the child of a fork: the launcher has heard nothing of it yet. */
void aet_reconcile_after_fork(void);

#endif
