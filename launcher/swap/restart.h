/*
 * The program ended although nobody asked: put the old version back, start it again after a
 * while, or end with it. The listeners stay open all the time.
 */
#ifndef AET_RESTART_H
#define AET_RESTART_H

/* The serving generation's first process is gone. */
void aet_restart_or_end(void);

/* Starts the program at once: the first time, or because a new version was asked for. 0 or
 * -errno. */
int aet_restart_now(void);

/* overlap: false: the old generation has ended for the next one. */
void aet_restart_replace(void);

/* The serving generation reported something: it may have become ready. */
void aet_restart_check_ready(void);

/* Actions of the table in swap.c while nothing is in hand: a restarted program has loaded what was
 * kept, or could not. */
void aet_restart_loaded(void);
void aet_restart_unloadable(void);

#endif
