/*
 * The kernel's lists of sockets, sock_diag(7): how to ask for one and read the answers. The ABI is
 * written out here, because musl ships no kernel headers.
 */
#ifndef AET_DIAG_H
#define AET_DIAG_H

#include <stddef.h>
#include <stdint.h>

struct aet_diag_header { /* nlmsghdr */
	uint32_t length;
	uint16_t type;
	uint16_t flags;
	uint32_t sequence;
	uint32_t port;
};

struct aet_diag_inet_id {
	uint16_t source_port;
	uint16_t target_port;
	uint32_t source[4];
	uint32_t target[4];
	uint32_t interface;
	uint32_t cookie[2];
};

struct aet_diag_inet_answer {
	uint8_t family;
	uint8_t state;
	uint8_t timer;
	uint8_t retransmits;
	struct aet_diag_inet_id id;
	uint32_t expires;
	uint32_t receive_queue; /* of a listener: connections that wait for accept() */
	uint32_t send_queue;
	uint32_t uid;
	uint32_t inode;
};

/* Gets one answer; 0, or -errno, which ends the reading. */
typedef int aet_diag_take(const void *answer, size_t length, void *data);

/* A socket to ask on, or -errno. */
int aet_diag_open(void);

/* Sends the request, whose header is filled in here, and takes every answer. 0 or -errno. */
int aet_diag_ask(
	int fd, struct aet_diag_header *request, size_t length, aet_diag_take *take, void *data);

/* Every TCP socket of the family in one of these states (a bit for each); each answer is a struct
 * aet_diag_inet_answer and what follows it. */
int aet_diag_ask_tcp(int fd, uint8_t family, uint32_t states, aet_diag_take *take, void *data);

#endif
