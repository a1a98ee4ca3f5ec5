/*
 * The kernel's queues of the listeners: raised while nobody accepts, and given their own length back
 * when they are empty again.
 */
#ifndef AET_BACKLOGS_H
#define AET_BACKLOGS_H

/* Nobody accepts for a while: every queue is made to take everybody, until some time after. */
void aet_backlogs_raise(void);

#endif
