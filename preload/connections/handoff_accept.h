/*
 * accept() of a connection that another generation gave up.
 */
#ifndef AET_HANDOFF_ACCEPT_H
#define AET_HANDOFF_ACCEPT_H

#include <sys/socket.h>

/* A parked connection as accept4() returns it; -EAGAIN: ask the kernel; or -errno. */
int aet_queue_accept(int listener_fd, struct sockaddr *addr, socklen_t *len, int flags);

#endif
