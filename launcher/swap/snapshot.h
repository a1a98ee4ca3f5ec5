/*
 * The state taken without a swap and kept for the next start after a crash: the serving generation
 * is gated for a moment, at which no request is in flight, and goes on.
 */
#ifndef AET_SNAPSHOT_H
#define AET_SNAPSHOT_H

/* USR2, or the command, which waits for the answer. While something else is in hand, afterwards. */
void aet_snapshot_request(void);

/* Something else came to its end: what was asked for meanwhile begins. */
void aet_snapshot_resume(void);

/* Actions of the table in swap.c. */
void aet_snapshot_shut(void);
void aet_snapshot_dump(void);
void aet_snapshot_keep(void);
void aet_snapshot_fail(void);
void aet_snapshot_lost(void);
void aet_snapshot_late(void);
void aet_snapshot_poll(void);

#endif
