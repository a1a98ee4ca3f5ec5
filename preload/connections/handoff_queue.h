/*
 * The handoff queue of a listener: connections between two generations, in the kernel's keeping (sockets in
 * flight on a socket pair the launcher holds). The process that accepts takes them into its parking epoll,
 * an epoll of our own: the program gets one from accept() when its client speaks again, as with
 * TCP_DEFER_ACCEPT (tcp(7)). So thousands of silent ones cost the new generation nothing at once,
 * and a server that gives each new connection a thread and a few seconds is not stalled by them.
 * The parking epoll hangs in the program's epolls beside the listener, under the listener's data.
 */
#ifndef AET_QUEUE_H
#define AET_QUEUE_H

#include <poll.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>

struct aet_socket;

/* Puts them into the handoff queue; 0 or -errno: all or none. They stay open here. */
int aet_queue_give(struct aet_socket *sock, const int *fds, int count);

/* Tells the launcher that they left this process, for the handoff queue or for good. */
void aet_queue_tell(const struct aet_socket *sock, const int *fds, int count, bool closed);

/* Makes room for the numbers of those that may come, or tells the launcher that there is none. Under
 * the table's lock. */
void aet_queue_expect(const struct aet_socket *sock);

/* Takes some, if this process accepts from the listener. Under the table's lock. */
void aet_queue_take(struct aet_socket *sock);

/* Puts back what was taken and not accepted, as far as there is room. Under the table's lock. */
void aet_queue_return(struct aet_socket *sock);

/* A connection from the parking epoll as accept4() returns it, or -EAGAIN: ask the kernel; or -errno. */
int aet_queue_accept(int listener_fd, struct sockaddr *addr, socklen_t *len, int flags);

/* ppoll(2) and pselect(2) that also wake for the parking epolls of the listeners in their sets. For use
 * while connections rest; mask was stripped of our signal. */
int aet_queue_ppoll(
	struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask);
int aet_queue_pselect(int count, fd_set *r, fd_set *w, fd_set *e, const struct timespec *timeout,
	const sigset_t *mask);

/* The program changed the registration of a listener: the parking epoll's follows. */
void aet_queue_follow_watch(struct aet_socket *sock, int epfd, int op, struct epoll_event *event);

/* After fork(2), in the child: what rests here is the parent's. */
void aet_queue_after_fork(void);

#endif
