/*
 * Connections on their way out of a generation that was replaced: proven to be at a request
 * boundary, put into the listener's handoff queue with whatever is unread, and replaced by an end of file
 * under the same number, registrations included. `connections: close` and a drain that is over do
 * the same without the handoff queue: the client gets the end of file then.
 */
#ifndef AET_MIGRATE_OUT_H
#define AET_MIGRATE_OUT_H

#include <stdbool.h>

#include "connections/conn.h"

/* Follows the role of the generation: what may go, goes. True: nothing idle is left here that
 * could. *ret_kick: threads wait in read. Under the table's lock, async-signal-safe. */
bool aet_conns_migrate_out(bool *ret_kick);

/* Tries to move one connection now; true when it has left. Takes the table's lock. */
bool aet_conn_migrate_out(int fd, struct aet_conn *conn);

#endif
