/*
 * The identity of a socket, as the launcher knows it: its address, its type, the options that tell
 * it from a neighbour on the same port, its cookie. Nothing but system calls: callable anywhere.
 */
#ifndef AET_IDENTITY_H
#define AET_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "address.h"

/* AET_SOCKET_REUSEPORT and AET_SOCKET_V6ONLY, where they are set. */
uint32_t aet_identity_flags(int fd, int family);

/* The address as a key, a relative path made absolute: false when the socket is none of ours, or
 * the kernel chooses its name. */
bool aet_identity_read(
	int fd, const struct sockaddr *addr, socklen_t length, struct aet_address *ret_address);

/* Of what it is bound to. */
bool aet_identity_own(int fd, struct aet_address *ret_address);

/* A stream socket bound to nothing and connected to nobody. */
bool aet_identity_is_nameless(int fd);

/* SOCK_STREAM, ...; -1: no socket. */
int aet_identity_type(int fd);

/* The same for every copy in every process, socket(7); 0: unknown. */
uint64_t aet_identity_cookie(int fd);

#endif
