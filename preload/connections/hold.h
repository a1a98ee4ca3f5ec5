/*
 * Gated with state: a connection at a request boundary is not read, so that no new request begins
 * in memory that is about to be handed over. From the dump on nobody reads or writes at all.
 */
#ifndef AET_HOLD_H
#define AET_HOLD_H

#include <stdbool.h>

#include "connections/conn.h"
#include "phase.h"

/* Entered, at a moment when the generation does not serve: the record, NULL or AET_CONN_HELD. */
struct aet_conn *aet_conn_hold_read(int fd, struct aet_conn *conn);

/* Sleeps while the state is being handed over. */
void aet_conn_hold_write(void);

/* Follows the role: true when no thread can take a new request from any connection any more.
 * Under the table's lock, async-signal-safe. */
bool aet_conns_hold(enum aet_role role);

/* Nobody is inside a connection that is followed, so that what was read is counted. */
bool aet_conns_are_still(void);

#endif
