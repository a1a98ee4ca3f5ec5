/*
 * Turns facts (service/fact.h) into events of the swap in hand.
 */
#ifndef AET_OBSERVE_H
#define AET_OBSERVE_H

/* Takes every fact in the queue. The event loop calls it after each callback. */
void aet_observe_facts(void);

/* Subscribes to the reports about connections. Called once, before the first generation starts. */
void aet_observe_begin(void);

#endif
