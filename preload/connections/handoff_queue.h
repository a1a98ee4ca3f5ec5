/*
 * The handoff queue of a listener: connections between two generations, which the kernel keeps in
 * flight on a socket pair that the launcher holds. The process that accepts takes them into its
 * parking epoll. The program gets a parked connection from accept() when its client speaks again,
 * as with TCP_DEFER_ACCEPT (tcp(7)): so thousands of silent ones cost the new generation nothing at
 * once, and do not stall a server that gives each new connection a thread and a few seconds. The
 * parking epoll is registered in the program's epolls beside the listener, with the listener's
 * data.
 */
#ifndef AET_QUEUE_H
#define AET_QUEUE_H

#include <stdbool.h>

struct aet_socket;

/* Puts all of them into the queue, or none: 0 or -errno. They stay open here. */
int aet_queue_give(struct aet_socket *sock, const int *fds, int count);

/* Reports to the launcher that they left this process, for the queue or for good. */
void aet_queue_tell(const struct aet_socket *sock, const int *fds, int count, bool closed);

/* Parks some of the queue, if this process accepts from the listener. Under the lock. */
void aet_queue_take(struct aet_socket *sock);

/* Puts parked connections back into the queue, as far as there is room. Under the lock. */
void aet_queue_return(struct aet_socket *sock);

/* The caller is about to wait for the listener in poll or select: takes what waits in the queue. */
void aet_queue_look(int listener_fd);

/* The same in accept(), under the lock: one is parked here, if there is any. */
void aet_queue_take_one(struct aet_socket *sock);

/* The program sleeps in accept(): it has a thread or a process for each connection. */
bool aet_queue_is_eager(const struct aet_socket *sock, int listener_fd);

#endif
