/*
 * The lock around what this process knows of its listeners and connections (core/table.h).
 *
 * Whoever holds it has all signals blocked, so that a handler never waits for its own thread. A
 * handler in another thread does not wait either: it leaves a note before it tries the lock, and
 * whoever unlocks reconciles on its behalf.
 */
#ifndef AET_LOCK_H
#define AET_LOCK_H

#include <stdbool.h>
#include <stdint.h>

void aet_lock(uint64_t *ret_mask);
void aet_unlock(const uint64_t *mask);
void aet_note_reconcile(void); /* whoever unlocks next reconciles: the caller, if it has the lock */
bool aet_trylock_in_handler(void); /* where signals are blocked already */
void aet_unlock_in_handler(void);

/* Takes the lock to reconcile, and releases it. */
void aet_reconcile(void);

/* In the child of a fork: whoever had the lock, or left a note, was a thread of the parent. */
void aet_lock_after_fork(void);

#endif
