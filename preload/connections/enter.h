/*
 * Entering a connection to read or to write it: the one place that decides whether the call goes on,
 * waits for the swap, or gives the connection away.
 */
#ifndef AET_ENTER_H
#define AET_ENTER_H

#include "connections/conn.h"

/* The program is told that nothing came yet, and nothing was entered. */
#define AET_CONN_HELD ((struct aet_conn *)1)

/* The record, entered; or NULL: call the kernel and follow nothing. Before a read the connection may
 * go to another generation, and the kernel then reports its end of file; or it is held:
 * AET_CONN_HELD. */
struct aet_conn *aet_conn_enter_read(int fd);
struct aet_conn *aet_conn_enter_write(int fd);

#endif
