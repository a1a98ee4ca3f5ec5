/*
 * The threads that wait for listeners or connections. A swap interrupts these alone: a server with
 * a thread for each connection has thousands of others.
 */
#ifndef AET_BLOCKED_THREADS_H
#define AET_BLOCKED_THREADS_H

#include <stdbool.h>

#include "util.h"

#define AET_BLOCKED_THREADS_MAX 64 /* a process with more of them interrupts all its threads */

extern __thread int aet_thread_id __attribute__((tls_model("initial-exec"))); /* 0: not asked yet */
extern __thread bool aet_is_blocked_thread __attribute__((tls_model("initial-exec")));

void aet_blocked_thread_register(void);
int aet_thread_id_ask(void);

/* This thread is about to wait in accept, poll or select. */
static inline void aet_blocked_thread_note(void)
{
	if (AET_UNLIKELY(!aet_is_blocked_thread))
		aet_blocked_thread_register();
}

static inline int aet_own_thread_id(void)
{
	return AET_LIKELY(aet_thread_id != 0) ? aet_thread_id : aet_thread_id_ask();
}

/* Interrupts the threads that may wait for a listener, or one thread. Under the table's lock,
 * async-signal-safe. */
void aet_blocked_threads_kick(void);
void aet_blocked_thread_kick(int thread_id);

/* In the child of a fork only the calling thread goes on. */
void aet_blocked_threads_after_fork(void);

#endif
