/*
 * What the number of a connection holds once the connection has gone elsewhere: a socket of the
 * same family at its orderly end of file. Reading tells the end, writing goes nowhere, options and
 * names answer. One for all numbers of the process.
 */
#ifndef AET_TOMBSTONE_H
#define AET_TOMBSTONE_H

#include <stdbool.h>

/* The process's own, made on the first call; -errno: there is no room for one now. Under the
 * table's lock, async-signal-safe. */
int aet_tombstone_fd(bool is_unix);

/* One of them is at another number now. */
void aet_tombstone_renumber(int from, int to);

#endif
