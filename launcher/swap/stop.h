/*
 * Actions of table.def: end the program, then the launcher, after the last process.
 */
#ifndef AET_STOP_H
#define AET_STOP_H

/* Undoes what is in hand. Sends TERM to every process, or KILL at once. */
void aet_act_stop(void);

/* Ends the event loop if no process is left. Otherwise sends KILL once stop_timeout is over. */
void aet_act_check_end(void);

#endif
