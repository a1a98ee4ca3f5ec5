/*
 * What is asked for and what processes do (service/fact.h), as events of the swap in hand.
 */
#ifndef AET_OBSERVE_H
#define AET_OBSERVE_H

/* Takes every fact that waits. For the event loop, after each callback. */
void aet_observe_facts(void);

/* Listens to what processes note about connections. Once, before the first generation starts. */
void aet_observe_begin(void);

#endif
