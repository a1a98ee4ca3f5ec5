/*
 * Processes of a generation that take connections past the library: one that listens and has not
 * loaded it (started by `env -i`, static, setuid), or one that accepts through an io_uring. Read from
 * /proc and the kernel's list of sockets; what may not be read is not found.
 */
#ifndef AET_BYPASS_H
#define AET_BYPASS_H

#include <sys/types.h>

#include "aeterna/address.h"

struct aet_generation;

struct aet_bypass {
	pid_t ring_pid; /* it accepts through an io_uring; 0: none is known to */
	pid_t pid; /* it listens without the library; 0: none does */
	struct aet_address address; /* where */
};

void aet_bypass_find(const struct aet_generation *generation, struct aet_bypass *ret_bypass);

#endif
