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
};

extern struct aet_upcalls aet_upcalls;

#endif
