/*
 * A snapshot is written by a copy of the process, which goes on meanwhile. The copy is no child of
 * the program: the one that the hook forks forks once more and ends at once, so that no wait of the
 * program meets it. And it keeps no connection open that the program closes.
 */
#ifndef AET_STATE_COPY_H
#define AET_STATE_COPY_H

#include <stdbool.h>
#include <stdint.h>

/* The next fork of this thread is that of a snapshot, for this step; fd is what it writes to. */
void aet_state_copy_expect(int fd, uint64_t step);
void aet_state_copy_expect_none(void);
bool aet_state_copy_is_expected(void);

/* The hook in hand is that of a snapshot. */
bool aet_state_copy_is_hooks(void);

/* After the fork, in the parent: a further one is the program's, unless the dump tries again. */
void aet_state_copy_made(void);
void aet_state_copy_try_again(void);

/* In the child of that fork, before anything else: returns in the copy alone. Then, once the copy
 * counts: lets the program go on. */
void aet_state_copy_become(void);
void aet_state_copy_begin(void);

/* Of a copy: the serial of its step, so that the launcher takes it for no other one; else 0. */
uint32_t aet_state_copy_serial(void);

#endif
