/*
 * Background threads: a thread that had answered nobody began them, they have answered nobody since,
 * and they have begun to wait by the clock while there was nobody to answer. From the dump on such a
 * wait, a sleep above all, does not end by the clock: when the process goes on to finish its answers,
 * what these threads do next is the new generation's to do. A thread that stands there has no lock of
 * the interpreter's or of libc's, and unless it sleeps another thread can still wake it.
 */
#ifndef AET_BACKGROUND_H
#define AET_BACKGROUND_H

#include <stdbool.h>

#include "util.h"

#define AET_BACKGROUND_SLICE_NS 20000000 /* how often one that can be woken looks */

/* This thread has had to do with a connection, or has work in flight: sticky. */
extern __thread bool aet_answers __attribute__((tls_model("initial-exec")));
extern __thread bool aet_is_background __attribute__((tls_model("initial-exec")));

static inline void aet_background_note_answer(void)
{
	aet_answers = true;
}

/* Whatever this thread does, and whatever the threads do that it begins, is no answer. */
void aet_background_note_own(void);
bool aet_background_is_own(void);

/* Connections are followed here: without that every thread looks as if it answered nobody. */
void aet_background_begin(void);

void aet_background_rest(void);
bool aet_background_rises(bool by_clock);

/* This thread begins a wait that the clock may end. */
static inline void aet_background_wait(void)
{
	if (AET_UNLIKELY(aet_is_background))
		aet_background_rest();
}

/* Its wait is over. False: the clock ended it, and it waits on; ask again. */
static inline bool aet_background_goes_on(bool by_clock)
{
	return AET_LIKELY(!aet_is_background) || aet_background_rises(by_clock);
}

/* Around the time that it waits on. */
void aet_background_stand(void);
void aet_background_stand_no_more(void);

/* It waits on where nobody can wake it, until it may go on. */
void aet_background_sleep_on(void);

/* Before a dump of a process that will go on answering, and after aet_frozen_begin(): waits a few
 * milliseconds for background threads that have left their wait already. */
void aet_background_settle(void);

/* How many wait on although their time is up. */
int aet_background_standing(void);

/* They go on: an answer waits for one of them, it seems. Until the next dump. */
void aet_background_let_go(void);

/* In the child only the calling thread goes on. */
void aet_background_after_fork(void);

#endif
