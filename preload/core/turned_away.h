/*
 * Threads whose handler needed the lock while another thread had it. A handler never
 * waits: it leaves the thread's number here, and whoever releases the lock interrupts that thread
 * once more. So no interruption is lost, and none is repeated without a reason.
 */
#ifndef AET_TURNED_AWAY_H
#define AET_TURNED_AWAY_H

#include <stdbool.h>

/*
 * This thread needs the lock, and tries once more after this: a lock that was released before the
 * note was there has nobody to read it. The notes have room for 64 threads. If there are more and
 * this one must have the lock, all threads are interrupted. Async-signal-safe.
 */
void aet_turned_away_note(bool must);

/* Interrupts those who left a note. Without the lock, which they are going to try.
 * Async-signal-safe. */
void aet_turned_away_kick(void);

/* In the child of a fork none of them goes on. */
void aet_turned_away_after_fork(void);

#endif
