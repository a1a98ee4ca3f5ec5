/*
 * The library in this process: who we are, which page we look at, and the lock around the table.
 */
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
	int owner; /* the process the table belongs to: a vfork child is not it */
	int lifeline; /* kept connection to the launcher; -1 before the first interest */
	int signal; /* the real-time signal the lifeline raises; 0: none yet */
	int inherited_fds; /* how many descriptors from 3 on AETERNA_FDS names */
	struct aet_page *page;
	struct aet_slot *slot; /* this process's, in the page */
	bool joins_alone; /* the program may have no listener: it joins by its state */
	bool dumping; /* a fork now is the dump's: it takes nothing of ours with it */
	uint32_t slot_number; /* of a forked child: its parent's, until it joins itself */
	struct aet_credential credential;
	char control[108]; /* abstract name of the launcher's socket, without the leading NUL */
};

extern struct aet_lib aet_lib;

/* Set by the signal handler when it interrupted a system call that then fails with EINTR. */
extern __thread volatile int aet_interrupted __attribute__((tls_model("initial-exec")));

/* True in the process the table belongs to; false in a vfork(2) child, which borrows our memory
 * and must leave it as it is. Slow paths ask this first. */
bool aet_is_owner(void);

/* Set while a hook is inside a call that it goes on with itself when our signal interrupts it. */
extern __thread volatile int aet_waiting __attribute__((tls_model("initial-exec")));

/* True when the call failed with EINTR because of our signal alone: it is done again. */
bool aet_goes_on(int saved_errno);

/*
 * The table's lock. All signals are blocked while it is held, so a handler never waits for its
 * own thread; a handler in another thread does not wait either: it leaves a note before it tries,
 * and unlocking looks at the page on its behalf.
 */
void aet_lock(uint64_t *ret_mask);
void aet_unlock(const uint64_t *mask);

/* The thread that has the lock gets its mask back without our signal. */
extern __thread bool aet_lock_unblocks __attribute__((tls_model("initial-exec")));

void aet_note_reconcile(void);
bool aet_trylock_in_handler(void); /* signals are blocked there already */
void aet_unlock_in_handler(void);

/* In the child of a fork: whoever had the lock was a thread of the parent. */
void aet_lock_after_fork(void);

/* This process's part in the current swap; AET_ROLE_SERVE before it has joined. */
enum aet_role aet_role(void);

/* Copies without libc. */
void aet_copy(void *to, const void *from, unsigned long length);

/* This process takes part: the launcher may interrupt its waits. */
static inline bool aet_is_joined(void)
{
	return AET_READ(aet_lib.lifeline) >= 0;
}

#endif
