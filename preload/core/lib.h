/* The library in this process: who started it, which page it shares with the launcher. */
#ifndef AET_LIB_H
#define AET_LIB_H

#include <stdbool.h>
#include <stdint.h>

#include "aeterna/wire.h"
#include "phase.h"
#include "util.h"

struct aet_lib {
	bool active; /* started under a launcher */
	uint32_t generation; /* AETERNA_GENERATION */
	int owner; /* the process that the table belongs to; a vfork child is not it */
	int lifeline; /* kept connection to the launcher; -1 before the first use of a listener */
	int signal; /* the real-time signal the lifeline raises; 0: none yet */
	int inherited_fds; /* how many descriptors from 3 on AETERNA_FDS names */
	struct aet_page *page; /* NULL: this process takes no part */
	struct aet_page *view; /* the same page, as soon as it was looked at */
	int page_fd; /* a description of its file that is this process's own; -1: none (successor.h) */
	uint64_t network; /* cookie of the launcher's network namespace; 0: not known */
	struct aet_slot *slot; /* this process's, in the page */
	bool joins_alone; /* the program may have no listener: it joins when it has state */
	bool dumping; /* a fork now is the dump's: the child takes no connections with it */
	uint32_t slot_number; /* of a forked child: its parent's, until it joins itself */
	struct aet_credential credential;
	char control[108]; /* abstract name of the launcher's socket, without the leading NUL */
};

extern struct aet_lib aet_lib;

/* The signal handler sets it when the system call it interrupted fails with EINTR. */
extern __thread volatile int aet_interrupted __attribute__((tls_model("initial-exec")));

/* True in the process the table belongs to; false in a vfork(2) child, which borrows our memory
 * and must leave it as it is. Slow paths ask this first. */
bool aet_is_owner(void);

/* A hook sets it around a call that it repeats itself when our signal interrupts it. */
extern __thread volatile int aet_waiting __attribute__((tls_model("initial-exec")));

/* True when the call failed with EINTR because of our signal alone: the hook repeats it. */
bool aet_goes_on(int saved_errno);

/* The role of this process in the current swap; AET_ROLE_SERVE before it has joined. */
enum aet_role aet_role(void);

/* Copies without libc. */
void aet_copy(void *to, const void *from, unsigned long length);

/* This process has joined: the launcher may interrupt its waits. */
static inline bool aet_is_joined(void)
{
	return AET_READ(aet_lib.lifeline) >= 0;
}

#endif
