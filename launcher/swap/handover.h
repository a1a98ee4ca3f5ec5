/*
 * Actions of table.def: the state travels, or is copied for a snapshot. A generation without state
 * passes through none of them.
 */
#ifndef AET_HANDOVER_H
#define AET_HANDOVER_H

/* The candidate is ready, and there is state: a calm moment is awaited. */
void aet_act_await_calm(void);

/* The same for a copy: memory is made for what the serving generation will dump. */
void aet_act_prepare_snapshot(void);

/* It is shut: what is in flight has to end. */
void aet_act_await_quiet(void);

/* Each posts FAILED if the processes with state are others by now. */
void aet_act_dump(void);
void aet_act_dump_busy(void); /* requests are in flight: on_busy */
void aet_act_load(void);

/* The state is kept for the next start after a crash; the generation goes on. */
void aet_act_keep_snapshot(void);

/* The serving generation died: the candidate serves in its place once it has loaded what is kept,
 * or what was dumped, which is kept from now on. */
void aet_act_inherit_kept(void);
void aet_act_inherit_dumped(void);

/* The swap is committed: what the last one dumped is kept until this one has lasted. */
void aet_handover_keep(void);

#endif
