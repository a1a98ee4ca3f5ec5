/*
 * Connections as the kernel counts them (sock_diag(7)): which accepted sockets exist on the kept
 * listeners. Needs no right over the program's processes, and sees static programs too. The kernel
 * walks all sockets, those in TIME_WAIT too: 13 ms with 40,000 of them.
 */
#ifndef AET_SOCKETS_H
#define AET_SOCKETS_H

#include "base/inodes.h"

/* Inodes of all accepted connections, sorted; the caller frees them. 0 or -errno. */
int aet_sockets_read(struct aet_inode_set *ret_set);

#endif
