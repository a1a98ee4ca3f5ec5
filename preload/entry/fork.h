/*
 * After fork(2): the child is a process of its own, with one thread and no lifeline.
 */
#ifndef AET_FORK_H
#define AET_FORK_H

void aet_fork_in_child(void);
void aet_fork_in_parent(void);

#endif
