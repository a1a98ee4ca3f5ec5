/*
 * After the commit: `reload` is answered when the new version has lasted a moment and what moves has
 * moved, and the queues get their own length back when they are empty again.
 */
#ifndef AET_SETTLE_H
#define AET_SETTLE_H

void aet_settle_begin(void);

#endif
