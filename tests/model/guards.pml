/* The guards of the table (launcher/swap/guard.c). `chance`: what the model does not know. */

/* The probation ends by its row alone, which forgets the state that is kept. */
#ifndef RUNS_OUT
#define RUNS_OUT false
#endif

#define HAS_HOOKS(s)         (STATE && IS_TALKING(LEADER(s)))
#define IS_PREDECESSOR(s) \
	(draining[s] && !ending[s] && s != serving && LIVES(LEADER(s)) && CAN_BE_WOKEN(s))
/* What has lost its lifeline cannot be told that it serves again. */
#ifndef CAN_BE_WOKEN
#define CAN_BE_WOKEN(s)      (line[LEADER(s)] == JOINED || line[LEADER(s)] == UNJOINED)
#endif

#define G_always             true
#define G_is_snapshot        (goal == MAKE_SNAPSHOT)
#define G_is_dry_run         (goal == DRY_RUN)
#define G_is_replace         (goal == REPLACE)
#define G_stops_with_state   (goal == REPLACE && HAS_HOOKS(serving))
#define G_is_trial           (goal == DRY_RUN || goal == MAKE_SNAPSHOT)
#define G_is_awaited         (goal == COMMIT || goal == REPLACE)
#define G_nobody_serves      (serving == NO_SLOT)
#define G_state_unclaimed    (!HAS_HOOKS(serving) && chance)
#define G_discards           (goal == COMMIT && HAS_HOOKS(serving) && chance)
#define G_has_state          (HAS_HOOKS(serving) && !chance)
#define G_has_kept_state     (kept != NOTHING)
#define G_hands_over         hands_over
#define G_awaits_state       (awaits_state && !mourning)
#define G_workers_are_late   (candidate != NO_SLOT && timer == TIMER_SETTLE && chance)
#define G_workers_differ     (candidate != NO_SLOT && chance)
#define G_waits_for_quiet    (!stop_now && (goal == MAKE_SNAPSHOT || chance))
#define G_is_due             is_due
#define CAN_DUMP \
	(serving != NO_SLOT && is_ready[serving] && !mourning && HAS_HOOKS(serving))
#define G_dumps_first        (DISK && !stop_dumps && !stop_now && CAN_DUMP)
#define G_dumps_at_last      (stop_dumps && CAN_DUMP)
#define G_must_stop          (stop_dumps || stop_now)
#define G_echoes             (goal == DRY_RUN && chance)
#define G_is_moving          chance
#define IS_FROZEN(s)         (frozen[s] && draining[s] && !ending[s])
#define G_has_frozen         ANY_SLOT(IS_FROZEN)
#define G_may_overtake       (goal == NO_GOAL && serving != NO_SLOT && !awaits_state)
#define G_is_first           (!ever_ready)
#define G_is_stopping        stopping
#define G_is_mourning        mourning
#define G_ends_with_it \
	(mourning && serving != NO_SLOT && chance && kept != BY_COMMIT)
#define G_is_starting        (serving != NO_SLOT && !is_ready[serving])
#define G_is_on_probation    (unproven && !RUNS_OUT)
#define G_remembers_request  remembers_request
#define G_remembers_try      remembers_try
#define G_remembers_snapshot remembers_snapshot
#define G_remembers          (remembers_request || remembers_try || remembers_snapshot)
#define G_has_predecessor    ANY_SLOT(IS_PREDECESSOR)
#define G_is_undone          undone /* no guard of the table: rows.pml */
#define G_can_give_back      (mourning && G_has_predecessor)

/* Where `chance` is asked. */
#define OPEN_GUESS \
	(event == E_TIMEOUT && (timer != TIMER_MOVE_CHECK || state == S_SETTLE) && \
		(state == S_SETTLE || state == S_QUIET || state == S_PROOF) || \
	 event == E_READY && state == S_BOOT || event == E_LOADED && state == S_LOAD || \
	 event == E_REQUEST || event == E_TRY || event == E_DONE || MAY_NOT_START)
/* A generation that cannot even be started is a fault. */
#define MAY_NOT_START \
	(faults > 0 && (event == E_CHECKED || event == E_TIMEOUT && state == S_DOWN || \
		event == E_SERVING_LOST && G_is_replace))
