/*
 * Moves connections out of a generation that was replaced. A connection that is proven to be at a
 * request boundary goes into the listener's handoff queue with its unread bytes; a tombstone takes
 * its descriptor and its registrations. `connections: close` and the end of a drain do the same
 * without the queue: the client gets the end of file.
 */
#ifndef AET_MIGRATE_OUT_H
#define AET_MIGRATE_OUT_H

#include <stdbool.h>

#include "connections/conn.h"

/* Moves what may go. True: no idle connection is left here that could go. *ret_kick: threads may
 * wait for those that went. Under the lock, async-signal-safe. */
bool aet_conns_migrate_out(bool *ret_kick);

/* It is at a request boundary, and there is somebody to take it. */
bool aet_conn_may_leave(int fd, const struct aet_conn *conn);

enum aet_leaving {
	AET_LEAVING_DONE, /* it has left */
	AET_LEAVING_NOT, /* it stays for now, and is read as ever */
	AET_LEAVING_LATER, /* it may go soon: it is not read before */
};

/* Tries to move one connection now. Takes the table's lock. */
enum aet_leaving aet_conn_migrate_out(int fd, struct aet_conn *conn);

#endif
