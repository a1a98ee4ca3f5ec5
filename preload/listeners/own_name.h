/*
 * Unix sockets that are named after their process: a virtual machine's socket for its tools
 * (/tmp/.java_pid4711, dotnet-diagnostic-4711-90-socket), a worker's own (worker-4711.sock). No
 * other process will ever bind such a name, so the launcher does not wait for the new version to do
 * so.
 */
#ifndef AET_OWN_NAME_H
#define AET_OWN_NAME_H

#include <stdbool.h>

#include "aeterna/address.h"

/* True when the last part of the path has pid in it as a number of its own: after "pid", or after
 * '-' or '_' from 100 on, as in a container, where the program is number 7, "app-7.sock" says
 * nothing. Not after a dot: that is how temporary names are made. */
bool aet_is_own_name(const struct aet_address *address, int pid);

#endif
