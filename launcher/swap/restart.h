/*
 * Actions of table.def: a generation starts alone. The phase word names it as serving from the
 * start; if there is kept state, it stays parked until it has loaded that.
 */
#ifndef AET_RESTART_H
#define AET_RESTART_H

/* Starts the committed version: the first time, or after the back-off. These three post
 * SERVING_LOST if that fails. */
void aet_act_start(void);

/* Starts a new version while nobody serves. */
void aet_act_start_new(void);

/* overlap: false: the old generation has ended; starts the next one. */
void aet_act_start_next(void);

/* The generation is ready: makes it load the kept state. */
void aet_act_load_kept(void);

/* Begins the load if not all state workers had joined before, or wakes those that have not
 * answered. */
void aet_restart_go_on_loading(void);

/* The generation serves; the second: after it has loaded the state. */
void aet_act_serve(void);
void aet_act_serve_loaded(void);

/* The generation refused the state, or was not ready in time: kills it. SERVING_LOST follows. */
void aet_act_reject(void);
void aet_act_kill_late(void);

#endif
