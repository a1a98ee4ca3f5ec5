/*
 * Actions of table.def: the program is told to end, and the launcher ends with its last process.
 */
#ifndef AET_STOP_H
#define AET_STOP_H

/* What is in hand is given up. TERM to every process and stop_timeout; or KILL at once. */
void aet_act_stop(void);

/* Nobody is left: the event loop ends. Somebody is, and stop_timeout is over: KILL. */
void aet_act_check_end(void);

#endif
