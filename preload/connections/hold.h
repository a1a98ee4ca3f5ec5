/*
 * Gated with state: a connection at a request boundary is not read, so that no new request begins
 * in memory that is about to be handed over. From the dump on nobody reads or writes at all.
 */
#ifndef AET_HOLD_H
#define AET_HOLD_H

#include <stdbool.h>

#include "connections/conn.h"
#include "phase.h"

/* Sets its registration to no events until the gate opens again. word: the page's, under which the
 * caller was told to hold; nothing is left quiet if that is over. Async-signal-safe. */
void aet_conn_quieten(int fd, struct aet_conn *conn, uint64_t word);

/* Before a read that is held says so to a program whose wait the library cannot quieten. */
void aet_conn_pause(void);

/* A blocking read of a connection that may go soon: until its client speaks, or for a moment. */
void aet_conn_await(int fd);

/* A read that has entered nothing sleeps until the swap is decided. After a commit the connection
 * goes, and the thread stays here. */
void aet_conn_hold_read(int fd, struct aet_conn *conn);

/* A write sleeps while the state is being handed over. */
void aet_conn_hold_write(void);

/* Follows the role: true when no thread can take a new request from any connection any more.
 * Under the table's lock, async-signal-safe. */
bool aet_conns_hold(enum aet_role role);

/* Nobody is inside a connection that is followed, so that what was read is counted. */
bool aet_conns_are_still(void);

#endif
