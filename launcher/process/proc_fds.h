/*
 * The sockets that the processes of a generation have open, from their descriptor tables in /proc.
 * Unlike sockets.h this works at any time, and needs ptrace(2) rights over the processes, which a
 * launcher in a container may lack when the program has changed its user.
 */
#ifndef AET_PROC_FDS_H
#define AET_PROC_FDS_H

#include <stdbool.h>

#include "process/generation.h"
#include "base/inodes.h"

/* Whether aet_proc_fds_read() is likely to work. Cheap: tries the members alone. */
bool aet_proc_fds_is_readable(const struct aet_generation *generation);

/* All sockets of all processes, sorted; the caller frees them. 0 or -errno; -EACCES when the
 * launcher may not read a process. */
int aet_proc_fds_read(const struct aet_generation *generation, struct aet_inode_set *ret_set);

#endif
