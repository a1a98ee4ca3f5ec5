/*
 * A place to send load to: the address behind one --url, the protocol spoken there and the bytes of
 * a request, made once. Read-only after aet_target_init.
 */
#ifndef AET_LOAD_TARGET_H
#define AET_LOAD_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

enum aet_protocol {
	AET_PROTOCOL_HTTP,
	AET_PROTOCOL_REDIS,
	AET_PROTOCOL_MEMCACHED,
	AET_PROTOCOL_UDP,
};

struct aet_target {
	enum aet_protocol protocol;
	struct sockaddr_storage address;
	socklen_t address_len;
	char once[1024]; /* the request of a connection that ends with it */
	char again[1024]; /* the request of a connection that stays */
	char select[64]; /* memcached: the STAT line whose value is the body */
	unsigned sources; /* source addresses to take in turn, 127.0.0.1 and up; 1: the default */
	unsigned source_no; /* the next of them */
};

/* 0, or -EINVAL for an URL that cannot be used. */
int aet_target_init(struct aet_target *target, const char *url);

/* A new non-blocking socket for this target, bound to a source address where one is needed; or
 * -errno. The caller closes it. */
int aet_target_socket(struct aet_target *target);

#endif
