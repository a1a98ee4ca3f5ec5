/*
 * Actions of table.def: the serving generation died although nobody asked. The old version is put
 * back, the program is started again after a while, or the launcher ends with it. The listeners stay
 * open all the time.
 */
#ifndef AET_MOURN_H
#define AET_MOURN_H

/* FINISH sees to it. */
void aet_act_mourn(void);

/* A replaced generation that still lives serves again. */
void aet_act_give_back(void);

/* Nobody serves: whoever waited for it is told, and the back-off is counted. */
void aet_act_bury(void);

/* service.restart says that the launcher ends, too. */
void aet_act_end_with_it(void);

/* While stopping: its exit status is the launcher's. */
void aet_act_take_exit_code(void);

#endif
