/*
 * What a fork(2) leaves alone, and what it does not: the child is a process of its own, with one
 * thread and without a lifeline, and everything it has was its parent's.
 */
#ifndef AET_FORK_H
#define AET_FORK_H

void aet_fork_in_child(void);
void aet_fork_in_parent(void);

#endif
