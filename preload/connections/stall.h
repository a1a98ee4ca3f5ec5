/*
 * An answer that does not come on while background threads stand still (core/background.h): it may
 * wait for one of them: for a lock that it sleeps with, or for its work, where a thread of a pool has
 * slept before the first request. Nobody can tell that from an answer that takes
 * its time. So after a while they all go on.
 */
#ifndef AET_STALL_H
#define AET_STALL_H

/* Looks at all answers under way of a process that was replaced. Under the lock. */
void aet_conns_look_for_stall(void);

#endif
