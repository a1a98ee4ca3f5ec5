/*
 * Actions of table.def: the serving generation died by itself. An old generation serves again, or
 * the program starts again after a while, or the launcher ends. The listeners stay open all the
 * time.
 */
#ifndef AET_MOURN_H
#define AET_MOURN_H

/* Notes the death; FINISH handles it. */
void aet_act_mourn(void);

/* The newest draining generation serves again. */
void aet_act_give_back(void);

/* Nobody serves: answers the waiters and computes the back-off. */
void aet_act_bury(void);

/* service.restart ends the launcher as well. */
void aet_act_end_with_it(void);

/* While stopping: the program's exit status becomes the launcher's. */
void aet_act_take_exit_code(void);

#endif
