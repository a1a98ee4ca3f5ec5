/*
 * The kernel's queues of the listeners: longer while nobody accepts, and as long as the program
 * asked for once they are empty again.
 */
#ifndef AET_BACKLOGS_H
#define AET_BACKLOGS_H

/* Nobody accepts for a while: raises every queue, and restores the lengths some time after. */
void aet_backlogs_raise(void);

#endif
