/*
 * Actions of table.def: what was asked for is looked at, remembered or refused.
 */
#ifndef AET_REQUEST_H
#define AET_REQUEST_H

/* Nothing has to be done but to go on. */
void aet_act_wait_on(void);

/* Step 0: posts CHECKED or REFUSED, and touches nothing. */
void aet_act_look(void);
void aet_act_look_dry(void);
void aet_act_look_snapshot(void);
void aet_act_refuse(void);

/* One more follows what is in hand, however often it was asked for. */
void aet_act_remember(void);
void aet_act_remember_try(void);
void aet_act_remember_snapshot(void);

void aet_act_say_busy(void);
void aet_act_refuse_snapshot(void);
void aet_act_say_stopping(void);

#endif
