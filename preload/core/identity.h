/*
 * What a socket is, as the launcher is told: its address, its kind, its options that make it another
 * one than its neighbour on the same port, its cookie. System calls alone: callable anywhere.
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

/* A TCP socket bound to nothing. */
bool aet_identity_is_nameless(int fd);

/* SOCK_STREAM, ...; -1: no socket. */
int aet_identity_type(int fd);

/* The same through every copy and process, socket(7); 0: not known. */
uint64_t aet_identity_cookie(int fd);

#endif
