/*
 * Connections as the kernel counts them (sock_diag(7)): which accepted sockets exist on the kept
 * listeners. Needs no right over the program's processes, and sees static programs too.
 */
#ifndef AET_SOCKETS_H
#define AET_SOCKETS_H

#include "generation.h"

/* Inodes of all accepted connections, sorted, in memory of the caller's; 0 or -errno. */
int aet_sockets_read(struct aet_inode_set *ret_set);

/* How many of a are in b. */
unsigned aet_inodes_common(const struct aet_inode_set *a, const struct aet_inode_set *b);

/* Takes out of a what is in b. */
void aet_inodes_subtract(struct aet_inode_set *a, const struct aet_inode_set *b);

#endif
