/*
 * The guards of table.def: questions about the swap in hand and the generations, without side
 * effects.
 */
#ifndef AET_GUARD_H
#define AET_GUARD_H

#include <stdbool.h>

typedef bool aet_guard_fn(void);

aet_guard_fn aet_guard_always;

/* The goal of the swap in hand. */
aet_guard_fn aet_guard_is_snapshot;
aet_guard_fn aet_guard_is_due; /* a snapshot of snapshot_every */
aet_guard_fn aet_guard_is_replace;
aet_guard_fn aet_guard_stops_with_state; /* overlap: false, and the serving one has state */
aet_guard_fn aet_guard_is_dry_run;
aet_guard_fn aet_guard_is_trial; /* a snapshot or a dry run: the serving generation serves on */
aet_guard_fn aet_guard_is_awaited; /* the goal is a new version that serves: `reload` may wait */

/* State. */
aet_guard_fn aet_guard_discards; /* the user gives up all of it */
aet_guard_fn aet_guard_state_unclaimed; /* handoff.state names some, and no process dumps it */
aet_guard_fn aet_guard_has_state; /* the serving one dumps some */
aet_guard_fn aet_guard_hands_over; /* state travels in this swap, or a snapshot copies it */
aet_guard_fn aet_guard_has_kept_state;
aet_guard_fn aet_guard_workers_are_late; /* fewer, but another one may still come */
aet_guard_fn aet_guard_workers_differ; /* not as many processes load state as dump some */
aet_guard_fn aet_guard_waits_for_quiet; /* on_busy: rollback, or a snapshot */
aet_guard_fn aet_guard_echoes; /* a dry run whose candidate can write what it has loaded */
aet_guard_fn aet_guard_awaits_state; /* the generation that starts has to load the kept state */

/* A stop with handoff.snapshot_file. */
aet_guard_fn aet_guard_dumps_first; /* a snapshot is to be taken before it, and can be */
aet_guard_fn aet_guard_dumps_at_last; /* that was remembered */
aet_guard_fn aet_guard_must_stop; /* it was taken, or cannot be */

/* Who serves. */
aet_guard_fn aet_guard_nobody_serves;
aet_guard_fn aet_guard_is_first; /* no generation was ever ready */
aet_guard_fn aet_guard_is_starting; /* the serving generation has not been ready yet */
aet_guard_fn
	aet_guard_may_overtake; /* it starts; no swap waits for it, and it waits for no state */
aet_guard_fn aet_guard_has_predecessor; /* an old generation drains that can serve again */
aet_guard_fn aet_guard_is_mourning; /* the serving generation died; not handled yet */
aet_guard_fn aet_guard_can_give_back; /* it died, and there is a predecessor */
aet_guard_fn aet_guard_ends_with_it; /* it died, and service.restart ends the launcher too */
aet_guard_fn aet_guard_is_on_probation; /* its row PROBATION TIMEOUT has not been taken yet */
aet_guard_fn aet_guard_has_frozen; /* its predecessor stands still until then */
aet_guard_fn aet_guard_is_moving; /* connections still move */

/* What was requested meanwhile. */
aet_guard_fn aet_guard_remembers; /* any of these */
aet_guard_fn aet_guard_remembers_request;
aet_guard_fn aet_guard_remembers_try;
aet_guard_fn aet_guard_remembers_snapshot;

#endif
