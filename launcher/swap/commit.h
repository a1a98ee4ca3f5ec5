/*
 * Actions of table.def: after the decision, and until the new generation has proven that it lasts.
 */
#ifndef AET_COMMIT_H
#define AET_COMMIT_H

/* The phase word names the new generation: everything else follows. */
void aet_act_commit(void);

/* The serving generation died, and the candidate is ready: it serves without state. */
void aet_act_promote(void);

/* Notes what `reload` says of the state of the swap that was just recorded. */
void aet_commit_note_state(void);

/* Answer `reload`; the other two also remember the request that came. */
void aet_act_answer(void);
void aet_act_answer_and_remember(void);
void aet_act_answer_snapshot_next(void);

/* The new generation has lasted: forgets the kept state, unless it is a snapshot. */
void aet_act_prove(void);

#endif
