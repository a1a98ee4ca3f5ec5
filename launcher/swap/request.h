/*
 * Actions of table.def: they look at a request, remember it or refuse it.
 */
#ifndef AET_REQUEST_H
#define AET_REQUEST_H

/* Does nothing: the state alone changes, or its timeout. */
void aet_act_wait_on(void);

/* Begin a swap, dry run or snapshot: inspect, touch no process, post CHECKED or REFUSED. */
void aet_act_look(void);
void aet_act_look_dry(void);
void aet_act_look_snapshot(void);
void aet_act_look_due(void);

/* A stop that takes a snapshot first: remembers it, after `reload` was answered if one waits; and
 * begins that snapshot. */
void aet_act_remember_stop(void);
void aet_act_answer_to_stop(void);
void aet_act_look_last(void);

/* Answers with the cause. */
void aet_act_refuse(void);

/* One more follows what is in hand, however many requests came. */
void aet_act_remember(void);
void aet_act_remember_try(void);
void aet_act_remember_snapshot(void);

void aet_act_say_busy(void);
void aet_act_refuse_snapshot(void);
void aet_act_say_stopping(void);

#endif
