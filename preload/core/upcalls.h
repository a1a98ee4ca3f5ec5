/*
 * What core asks of the rooms above it. The constructor fills it in before anything can ask.
 */
#ifndef AET_UPCALLS_H
#define AET_UPCALLS_H

#include <signal.h>

struct aet_upcalls {
	/* Our signal came, or SIGUSR2. */
	void (*on_signal)(int signal, siginfo_t *info, void *context);
	/* Under the lock: brings every socket in line with the page. */
	void (*reconcile)(void);
	/* While joining, under the lock: this process has its slot in the page; it has joined. */
	void (*on_slot)(void);
	void (*on_joined)(void);
	/* A listener is wanted for the first time, and nothing has come to it yet. Not under the lock. */
	void (*on_wanted)(void);
};

extern struct aet_upcalls aet_upcalls;

#endif
