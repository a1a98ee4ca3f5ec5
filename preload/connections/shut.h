/*
 * What cannot leave a generation that is frozen after a commit: nobody would answer there. Such a
 * connection is shut down, so that its client sees the end at once. A socket that travels in the state
 * is the new generation's as well: what is frozen lets go of it.
 */
#ifndef AET_SHUT_H
#define AET_SHUT_H

#include <stdbool.h>
#include <stdint.h>

/* A dump begins; it has reported that these descriptors travel, from this process or from a forked
 * child, which shares what is noted here. */
void aet_conns_begin_dump(void);
void aet_conns_travel(const int32_t *fds, uint32_t count);

/* Shuts down what can no longer move; true: nothing is left to shut down. Where threads may still come
 * to their first read, what might move then is given a while. Under the lock. */
bool aet_conns_shut_rest(void);

#endif
