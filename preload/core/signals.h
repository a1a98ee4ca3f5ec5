/*
 * The one signal by which the launcher makes a process reconcile. The lifeline itself raises it
 * (O_ASYNC, F_SETSIG): this needs no permission to signal after a privilege drop, and the
 * launcher's death raises it too. It is the first real-time signal from SIGRTMAX - 2 down that the
 * program does not use, and it moves when the program wants that number.
 */
#ifndef AET_SIGNALS_H
#define AET_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

/* Takes a free signal and installs the handler, once; the lock's release unblocks it. 0, or -EBUSY
 * when all are in use. */
int aet_signals_install(void);

/* SIGUSR2 asks this process for a snapshot, unless the program has a use for it. */
void aet_signals_take_usr2(void);

/* In a forked child: SIGUSR2 is as the program left it until the child joins. */
void aet_signals_after_fork(void);

/* True for the address of our handler, which is hidden from a program that asks. */
bool aet_signals_is_handler(const void *handler);

/* From now on the handler runs on the alternate stacks that the program's threads have. */
void aet_signals_mind_small_stacks(void);

/* Makes the connection raise our signal for this process. */
void aet_signals_attach(int lifeline);

/* It raises none any more; what it has raised is delivered, unless it is blocked. */
void aet_signals_detach(int lifeline);

/* Whether it is raised for the main thread, whose end is watched, or for any. Under the lock, or
 * where nobody else runs. */
void aet_signals_use_main_thread(bool use);

/* Leaves this signal to the program and takes another. */
void aet_signals_yield(int signal);

/*
 * Removes our signal from a program's mask: blocked for ever it would hold up every swap. From a
 * mask of all signals it is removed before it is installed, too: a server blocks all of them, starts
 * its threads, which have that mask for good, and then listens.
 */
void aet_signals_strip(uint64_t *mask);

/* The same for the mask that the lock's release puts back, if this thread has taken a signal under
 * the lock. */
void aet_signals_strip_taken(uint64_t *mask);

/* Unblocks our signal in this thread, whose mask may have come about without our hooks. Not under
 * the lock, whose release puts the mask back. */
void aet_signals_unblock(void);

/* Interrupts every other thread, or that one: one that sleeps in accept, poll or recv restarts on
 * the file that its descriptor has now. 0, or -ESRCH: there is none. Async-signal-safe, with and
 * without the lock. */
void aet_signals_kick(void);
long aet_signals_kick_thread(int thread_id);

#endif
