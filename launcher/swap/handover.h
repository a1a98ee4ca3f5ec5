/*
 * Actions of table.def: the state moves, or is copied for a snapshot. A swap without state takes
 * none of them.
 */
#ifndef AET_HANDOVER_H
#define AET_HANDOVER_H

#include <stdint.h>

/* The candidate is ready, and there is state: begins to wait for a moment with no requests in
 * flight. */
void aet_act_await_calm(void);

/* The same for a snapshot; the second does not wait, as the program is quiet. */
void aet_act_prepare_snapshot(void);
void aet_act_gate_at_once(void);

/* The same for overlap: false. */
void aet_act_prepare_stop(void);

/* The serving generation is gated, and finishes what is in flight. */
void aet_act_await_quiet(void);

/* Each posts FAILED if the set of processes with state has changed. */
void aet_act_dump(void);
void aet_act_dump_busy(void); /* requests are in flight: on_busy */
void aet_act_load(void);

/* A snapshot: the serving generation goes on, and copies of its processes write. */
void aet_act_let_go(void);

/* Keeps the state for the next start after a crash; the serving generation goes on. */
void aet_act_keep_snapshot(void);

/* The serving generation died: the candidate serves in its place once it has loaded the kept state,
 * or the dumped state, which is kept then. */
void aet_act_inherit_kept(void);
void aet_act_inherit_dumped(void);

/* Counts the requests that are in flight at the dump. */
void aet_handover_count_left(void);

/* The swap is committed: records how much state moved, and what became of those requests. */
void aet_handover_record(uint64_t bytes);

/* The swap is committed: keeps the dumped state until the new generation has lasted. */
void aet_handover_keep(void);

#endif
