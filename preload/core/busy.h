/*
 * Work in flight that is no request (aeterna/module.h). The process counts it in the page beside the
 * requests: a dump waits until it is done, and none begins while the dump is under way. Detached
 * requests are in flight too, but a dump does not wait for them. One of them must never hide another
 * request: where the count is in doubt, it is too low.
 */
#ifndef AET_BUSY_H
#define AET_BUSY_H

/* This process joined: what it counted before is in the page from now on. */
void aet_busy_begin(void);

/* In the child of a fork, which has not joined yet. */
void aet_busy_after_fork(void);

/* A request in flight has ended without its whole answer. */
void aet_busy_lost(void);

#endif
