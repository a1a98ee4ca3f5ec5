/*
 * Sockets that are a generation's own from the start (a helper's, which no later version will bind).
 * The launcher has no descriptor of them: it knows their addresses alone, for the address book and
 * for `status`. Of too many the oldest are forgotten.
 */
#ifndef AET_PRIVATE_H
#define AET_PRIVATE_H

#include <stdint.h>

#include "aeterna/address.h"
#include "listen/listener.h"

#define AET_PRIVATE_MAX 256

struct aet_private {
	uint32_t generation; /* 0: free */
	int pid;
	enum aet_privacy privacy;
	uint64_t dev; /* of a Unix socket's file */
	uint64_t ino;
	struct aet_address address;
};

extern struct aet_private aet_privates[AET_PRIVATE_MAX];

#define AET_FOREACH_PRIVATE(p)                                                                     \
	for (struct aet_private *p = aet_privates; p < aet_privates + AET_PRIVATE_MAX; p++)        \
		if (p->generation != 0)

void aet_private_add(
	const struct aet_address *address, uint32_t generation, int pid, enum aet_privacy privacy);

void aet_private_forget_generation(uint32_t generation);

/* A phrase for status and the log. */
const char *aet_privacy_text(enum aet_privacy privacy);

#endif
