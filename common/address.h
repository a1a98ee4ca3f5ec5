/*
 * Addresses from the kernel, and as text that address_parse.h reads back. Pure functions, no
 * allocation.
 */
#ifndef AET_ADDRESS_H
#define AET_ADDRESS_H

#include <stddef.h>
#include <sys/socket.h>

#include "aeterna/address.h"

#define AET_ADDRESS_TEXT 160 /* enough for the longest text with its NUL */

/* Writes the canonical text, NUL-terminated, bytes that are not printable as '?'. Returns buf. */
char *aet_address_format(const struct aet_address *address, char *buf, size_t size);

/* Fills *ret_address from a sockaddr; 0, or -EAFNOSUPPORT / -EINVAL. */
int aet_address_from_sockaddr(
	const struct sockaddr *sa, socklen_t length, int type, struct aet_address *ret_address);

/* The port in host order; 0 for AF_UNIX. */
unsigned aet_address_port(const struct aet_address *address);

#endif
