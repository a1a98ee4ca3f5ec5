/*
 * The tombstone of a connection that has gone elsewhere: a socket of the same family at its end of
 * file, under the connection's descriptor. A read returns 0, a write goes nowhere, options and
 * names work. A process has one a family.
 */
#ifndef AET_TOMBSTONE_H
#define AET_TOMBSTONE_H

#include <stdbool.h>

/* The tombstone, made on the first call; or -1: there is no descriptor left for it. Under the lock,
 * async-signal-safe. */
int aet_tombstone_fd(bool is_unix);

/* The library moved its descriptor. */
void aet_tombstone_renumber(int from, int to);

#endif
