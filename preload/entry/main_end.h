/*
 * The end of the main thread, which may leave the others behind (pthread_exit(3)): the library's
 * signal is directed at it (core/signals.c) as long as it is there.
 */
#ifndef AET_MAIN_END_H
#define AET_MAIN_END_H

/* In the main thread, once; and in the child of a fork, whose main thread it is then. */
void aet_main_end_watch(void);
void aet_main_end_after_fork(void);

#endif
