/*
 * Threads that are about to begin, and are background ones (core/background.h): between
 * pthread_create(3) and their first instruction. The room is fixed; a thread that finds none is none
 * of them, and runs as it always did.
 */
#ifndef AET_BEGINNING_H
#define AET_BEGINNING_H

struct aet_beginning;

/* NULL: there is no room. */
struct aet_beginning *aet_beginning_take(void *(*start)(void *), void *argument);

/* No thread came of it. */
void aet_beginning_drop(struct aet_beginning *beginning);

/* The start function of a thread, whose argument is a beginning. */
void *aet_beginning_run(void *beginning);

/* None of the threads that were about to begin is here. */
void aet_beginnings_after_fork(void);

#endif
