/*
 * `overlap: false`: the old generation ends before the next one starts. It takes nothing new from
 * the beginning, gives its idle connections into the launcher's keeping, answers what is in
 * flight, and is told to end only then.
 */
#ifndef AET_STOP_FIRST_H
#define AET_STOP_FIRST_H

/* As actions of the table in swap.c: a swap begins, the old generation is gone, it takes too long. */
void aet_stop_first_begin(void);
void aet_stop_first_end(void);
void aet_stop_first_kill(void);

#endif
