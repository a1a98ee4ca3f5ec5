/*
 * A socket address as it travels: family, socket type and the sockaddr's bytes.
 */
#ifndef AETERNA_ADDRESS_H
#define AETERNA_ADDRESS_H

#include <stdint.h>

struct aet_address {
	uint16_t family; /* AF_INET, AF_INET6, AF_UNIX */
	uint16_t type; /* SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET */
	uint32_t length; /* bytes of the sockaddr that count */
	uint8_t bytes[112]; /* struct sockaddr_in, _in6 or _un (110 bytes) */
};

#endif
