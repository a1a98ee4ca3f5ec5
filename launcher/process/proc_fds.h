/*
 * Sockets that the processes of a generation hold, by their descriptor tables in /proc. Unlike
 * sockets.h this needs a right over the processes, which a launcher in a container may lack over
 * a program that has become another user; and it can be asked at any time.
 */
#ifndef AET_PROC_FDS_H
#define AET_PROC_FDS_H

#include <stdbool.h>

#include "process/generation.h"
#include "base/inodes.h"

/* Whether aet_proc_fds_read can be expected to work. Cheap: looks at the members alone. */
bool aet_proc_fds_is_readable(const struct aet_generation *generation);

/* All sockets of all processes, sorted, in memory of the caller's; 0 or -errno, -EACCES when a
 * process may not be looked at. */
int aet_proc_fds_read(const struct aet_generation *generation, struct aet_inode_set *ret_set);

#endif
