/*
 * Actions of table.def: a generation starts with nobody beside it. It serves from its first breath,
 * as nobody else does, or as soon as it has loaded the state that is kept.
 */
#ifndef AET_RESTART_H
#define AET_RESTART_H

/* The committed version: the first time, or after the back-off. These three post SERVING_LOST if
 * the generation cannot be started. */
void aet_act_start(void);

/* A new version, where nobody serves. */
void aet_act_start_new(void);

/* overlap: false: the old one has ended for the next one. */
void aet_act_start_next(void);

/* It is ready and takes the kept state. */
void aet_act_load_kept(void);

/* Not every process that takes state had come when it was ready: begins, or wakes who dawdles. */
void aet_restart_go_on_loading(void);

/* It serves, or has the state and serves. */
void aet_act_serve(void);
void aet_act_serve_loaded(void);

/* It will not take the state, or is not ready in time: killed. Its death follows. */
void aet_act_reject(void);
void aet_act_kill_late(void);

#endif
