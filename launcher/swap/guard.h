/*
 * The guards of table.def: questions about the swap in hand and the generations, without effects.
 */
#ifndef AET_GUARD_H
#define AET_GUARD_H

#include <stdbool.h>

typedef bool aet_guard_fn(void);

aet_guard_fn aet_guard_always;

/* What the swap in hand is for. */
aet_guard_fn aet_guard_is_snapshot;
aet_guard_fn aet_guard_is_replace;
aet_guard_fn aet_guard_is_dry_run;
aet_guard_fn aet_guard_is_trial; /* a snapshot or a dry run: the serving generation serves on */
aet_guard_fn aet_guard_is_awaited; /* a new version is to serve: somebody may wait for it */

/* State. */
aet_guard_fn aet_guard_state_unclaimed; /* handoff.state names some, and no process has it */
aet_guard_fn aet_guard_has_state; /* the serving one has some, and the candidate takes some */
aet_guard_fn aet_guard_hands_over; /* and so it travels, or is copied */
aet_guard_fn aet_guard_has_kept_state;
aet_guard_fn aet_guard_workers_differ; /* not as many processes take state as have some */
aet_guard_fn aet_guard_waits_for_quiet; /* on_busy: rollback, and every snapshot */
aet_guard_fn aet_guard_echoes; /* a dry run whose candidate can write what it has loaded */
aet_guard_fn aet_guard_awaits_state; /* the generation that starts has to load the kept state */

/* Who serves. */
aet_guard_fn aet_guard_nobody_serves;
aet_guard_fn aet_guard_is_first; /* no generation was ever ready */
aet_guard_fn aet_guard_is_starting; /* the serving generation has not been ready yet */
aet_guard_fn aet_guard_may_overtake; /* it starts, and nobody waits for it, and no state does */
aet_guard_fn aet_guard_has_predecessor; /* a replaced generation lives that can serve again */
aet_guard_fn aet_guard_is_mourning; /* the serving generation died */
aet_guard_fn aet_guard_can_give_back; /* and there is such a predecessor */
aet_guard_fn aet_guard_ends_with_it; /* service.restart: the launcher ends, too */
aet_guard_fn aet_guard_is_on_probation;
aet_guard_fn aet_guard_is_moving; /* connections are on their way still */

/* What was asked for meanwhile. */
aet_guard_fn aet_guard_remembers; /* any of these */
aet_guard_fn aet_guard_remembers_request;
aet_guard_fn aet_guard_remembers_try;
aet_guard_fn aet_guard_remembers_snapshot;

#endif
