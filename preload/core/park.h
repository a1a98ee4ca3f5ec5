/*
 * Every thread but the main one stands still: it is parked in the handler of our signal, wherever
 * the program had it, or a hook holds it. The main thread alone begins and ends this. A thread may
 * have any lock of the program, malloc's too, so from the first signal on the main thread does
 * nothing but system calls.
 */
#ifndef AET_PARK_H
#define AET_PARK_H

#include <stdbool.h>
#include <stdint.h>

/* The first thread that does not stand still; 0: none could be listed. */
struct aet_unparked {
	int thread_id;
	bool blocks; /* our signal */
};

/* Makes all others stand still. 0, or -EBUSY: after half a second that one still ran, and all go
 * on. */
int aet_park_others(struct aet_unparked *ret);

/* For a fork(2) of libc, which takes malloc's locks: the same, but all go on by themselves when the
 * main thread comes to wait for what one of them has. aet_park_confirm(): they did not, and stand
 * still for good now. */
int aet_park_tentatively(struct aet_unparked *ret);
bool aet_park_confirm(void);

/* All stand still, for good: asked by the main thread. */
bool aet_park_is_whole(void);

/* They go on. */
void aet_park_end(void);

/* At the end of the handler, without the lock: this thread parks, if threads do. */
void aet_park_in_handler(void);

/* A hook holds this thread, which touches nothing of the program's until the release. */
void aet_park_hold(void);
void aet_park_release(void);

/* How long this thread was parked since it last asked, in nanoseconds. */
int64_t aet_park_take_ns(void);

/* In the child only the calling thread goes on. */
void aet_park_after_fork(void);

#endif
