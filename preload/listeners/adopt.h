/*
 * How a socket becomes one of ours: bound by the program (adopted from the launcher, or offered
 * to it), inherited as FD 3, 4, ..., or received from another process of the generation.
 */
#ifndef AET_ADOPT_H
#define AET_ADOPT_H

#include <stdbool.h>
#include <sys/socket.h>

/* bind(2) was called: true when it is answered with success and must not reach the kernel. */
bool aet_adopt_bind(int fd, const struct sockaddr *addr, socklen_t length);

/* bind(2) succeeded in the kernel: a datagram socket on a fixed port is offered. */
void aet_adopt_bound(int fd);

/* listen(2) was called on a socket of ours: true when it is done. False: the kernel's turn. */
bool aet_adopt_listen(int fd, int backlog);

/* A stream socket without a name: true when it stands for a kept listener and is tracked now. */
bool aet_adopt_nameless(int fd);

/* listen(2) succeeded in the kernel: the socket is offered. */
void aet_adopt_listening(int fd, int backlog);

/* An inherited or dup'ed listening descriptor is used for the first time: asks whose it is. */
void aet_adopt_claim(int fd);

#endif
