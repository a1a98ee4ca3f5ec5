/*
 * How a socket becomes one of ours: bound by the program (adopted from the launcher, or offered
 * to it), inherited as FD 3, 4, ..., or received from another process of the generation.
 */
#ifndef AET_ADOPT_H
#define AET_ADOPT_H

#include <stdbool.h>
#include <sys/socket.h>

/* The program called bind(2). True: the call succeeds without the kernel. */
bool aet_adopt_bind(int fd, const struct sockaddr *addr, socklen_t length);

/* bind(2) succeeded in the kernel: offers a datagram socket on a fixed port. */
void aet_adopt_bound(int fd);

/* The program called listen(2). True: the call succeeds without the kernel. */
bool aet_adopt_listen(int fd, int backlog);

/* A stream socket without a name: true when it means a kept listener; tracked from now on. */
bool aet_adopt_nameless(int fd);

/* A socket with SO_REUSEPORT, which may be one of several at its address. */
bool aet_adopt_is_one_of_many(int fd);

/* Offers the socket: listen(2) succeeded in the kernel, or is the launcher's to call. */
void aet_adopt_listening(int fd, int backlog, bool is_to_listen);

/* An epoll waited for it before it was bound: that is a use of it. */
bool aet_adopt_is_watched(int fd);

/* The first use of an inherited or dup'ed listening descriptor: asks the launcher whose it is. */
void aet_adopt_claim(int fd);

#endif
