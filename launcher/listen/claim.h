/*
 * Claims: which socket of the program stands for which kept listener between its bind() and its
 * listen(). A claim ends with the socket, and yields to a later bind() of the same generation: a
 * parent may bind a SO_REUSEPORT socket to see whether it can, and leave listening to its workers.
 */
#ifndef AET_CLAIM_H
#define AET_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

#include "aeterna/address.h"

struct aet_listener;

struct aet_claimant {
	uint32_t generation;
	int pid;
	uint64_t cookie; /* of the socket that it binds */
	bool waits; /* it must not open a socket beside the kept ones: it is a candidate's */
};

/* The listener that a bind() of address may adopt, which is claimed from now on; NULL: none. */
struct aet_listener *aet_claim(
	const struct aet_address *address, uint32_t flags, const struct aet_claimant *claimant);

/* The listener whose adoption a socket of the program stands for. */
struct aet_listener *aet_claim_find(uint64_t cookie, uint32_t generation);

/* The process has closed the socket that it bound, and never listened on it. The number of the socket
 * is remembered: another process may have it (aet_claim_find()). */
void aet_claim_end(struct aet_listener *listener, uint32_t generation, int pid);

/* Likewise of every listener: the process has ended, or become another program. */
void aet_claim_end_all(uint32_t generation, int pid);

#endif
