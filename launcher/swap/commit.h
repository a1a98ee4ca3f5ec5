/*
 * Actions of table.def: the new generation is the service, and proves that it lasts.
 */
#ifndef AET_COMMIT_H
#define AET_COMMIT_H

/* The phase word is decided: the rest follows it. */
void aet_act_commit(void);

/* The serving generation died, and the candidate is ready: it serves as it is. */
void aet_act_promote(void);

/* `reload` is answered; the other two remember what came meanwhile. */
void aet_act_answer(void);
void aet_act_answer_and_remember(void);
void aet_act_answer_snapshot_next(void);

/* It has lasted: only a snapshot outlives that. */
void aet_act_prove(void);

#endif
