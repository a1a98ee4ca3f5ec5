/*
 * The parking epoll of a listener: the connections that this process took out of the handoff queue
 * and has not accepted. It is registered in the program's epolls beside the listener, with the
 * listener's data. All under the lock.
 */
#ifndef AET_PARKING_H
#define AET_PARKING_H

#include <stdbool.h>
#include <sys/epoll.h>

struct aet_socket;

/* Makes the epoll, if there is none yet. */
bool aet_parking_begin(struct aet_socket *sock);

/* Registers it in the program's epolls. */
void aet_parking_hang(const struct aet_socket *sock);

/* The program changed the registration of a listener: the parking epoll's follows. */
void aet_parking_follow_watch(struct aet_socket *sock, int epfd, int op, struct epoll_event *event);

void aet_parking_add(struct aet_socket *sock, int fd);

/* It leaves the parking epoll; the descriptor is closed when it lives on under another number. */
void aet_parking_remove(struct aet_socket *sock, int fd, bool close);

/* The next one that rests, from fd on; -1: there is none. */
int aet_parking_next(const struct aet_socket *sock, int fd);

/* After fork(2), in the child: the parked connections are the parent's. */
void aet_parking_after_fork(void);

#endif
