/*
 * `overlap: false`: the old generation ends before the next one starts. It takes nothing new from
 * the beginning, gives its idle connections into the launcher's keeping, answers what is in
 * flight, and is told to end only then.
 */
#ifndef AET_HALT_H
#define AET_HALT_H

/* As actions of the table in swap.c: a swap begins, the old generation is gone, it takes too long. */
void aet_halt_begin(void);
void aet_halt_end(void);
void aet_halt_kill(void);

#endif
