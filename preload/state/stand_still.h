/*
 * The process that dumps stands still: from the instant of the dump until the swap is decided none
 * of its threads runs. The main thread waits here; the others are parked (core/park.h) after the
 * fork of the dump, so that its child finds no lock taken by them. The child's report waits until
 * they are: a state that is whole is one that nobody writes to any more.
 */
#ifndef AET_STAND_STILL_H
#define AET_STAND_STILL_H

#include <stdbool.h>
#include <stdint.h>

/* For hooks in C, whose threads no interpreter holds: a fork at an instant at which all others stand
 * still. The child's pid, 0 in the child, or -errno when it is reported. */
int aet_stand_fork(int (*fork_one)(void));

/* Before the dump's hook. fd: the request's, which is closed here; -1: there is none. */
void aet_stand_begin(int fd);

/* The hook is that of a snapshot: its fork makes a copy (state_copy.h). */
void aet_stand_expect_copy(uint64_t step);

/* After it, with what it returned: stands still, unless the hook did. */
void aet_stand_still(int result);
void aet_stand_end(void);

/*
 * Of a process that was replaced and goes on, after the dump of its changes: waits until the child
 * has ended, so that nothing of the program meets a child it does not know. If the process serves
 * again meanwhile, it goes on at once: the changes are its own.
 */
void aet_stand_by(int result);

/* In the dump's child, before it reports that the state is whole: true once its parent stands
 * still, false where it cannot. Elsewhere true. */
bool aet_stand_await_parent(void);

#endif
