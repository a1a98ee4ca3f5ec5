/*
 * A model of the launcher's swap: launcher/swap/table.def itself, in a world in which anything may
 * die, hang or lose its lifeline at any moment. README.md says what is modelled, and what is not.
 *
 * Every run ends: faults and requests are counted. What has to happen at last is therefore asserted
 * of the states in which a run ends, and pan -l shows that no run goes on for ever.
 */
#include "bites.pml"

/* What mk/model.mk sets for a configuration. */
#ifndef WIDTH
#define WIDTH 1 /* processes of a generation, at most */
#endif
#ifndef STATE
#define STATE false /* the program has state */
#endif
#ifndef OVERLAP
#define OVERLAP true /* as the next version's file says; `chance`: either */
#endif
#ifndef FAULTS
#define FAULTS 1
#endif
#ifndef FORKS
#define FORKS 0
#endif
#ifndef REQUESTS
#define REQUESTS 1
#endif
#ifndef TRIES
#define TRIES 0
#endif
#ifndef SNAPSHOTS
#define SNAPSHOTS 0
#endif
#ifndef DUES
#define DUES 0 /* snapshots of snapshot_every */
#endif
#ifndef DISK
#define DISK false /* there is a snapshot_file */
#endif
#ifndef STOPS
#define STOPS 0
#endif
#ifndef DEATHS
#define DEATHS 0 /* of the launcher */
#endif
#ifndef LEAST_DEATHS
#define LEAST_DEATHS 0
#endif
#ifndef CUTS
#define CUTS true /* a living process may lose its lifeline */
#endif
#ifndef CONNECTIONS
#define CONNECTIONS 0
#endif

#include "world.pml"

mtype:states = { S_SERVE, S_CHECK, S_BOOT, S_SETTLE, S_GATE, S_QUIET, S_DUMP, S_LOAD, S_ECHO,
	S_DECIDE, S_COPY, S_YIELD, S_END_OLD, S_START, S_RESTORE, S_PROOF, S_PROBATION, S_DOWN, S_FINISH,
	S_STOPPING };
/* EITHER: a look, of which the outcome is open. */
mtype:events = { NO_EVENT, E_REQUEST, E_TRY, E_SNAPSHOT, E_STOP, E_READY, E_CALM, E_GATED, E_COPIED, E_DUE, E_DUMPED,
	E_LOADED, E_FAILED, E_UNDONE, E_CANDIDATE_LOST, E_SERVING_LOST, E_TIMEOUT, E_CHECKED,
	E_REFUSED, E_DECIDED, E_DONE, EITHER };
mtype:timers = { TIMER_NONE, TIMER_KEEP, TIMER_END_CHECK, TIMER_SETTLE, TIMER_START, TIMER_HANDOFF,
	TIMER_BOOT, TIMER_PROOF, TIMER_STOP, TIMER_KILL_CHECK, TIMER_PROBATION, TIMER_RESTORE,
	TIMER_COPY, TIMER_BRIEF, TIMER_MOVE_CHECK, TIMER_BACKOFF, TIMER_YIELD };
mtype:actions = { A_look, A_look_dry, A_look_snapshot, A_refuse, A_answer, A_remember,
	A_remember_try, A_remember_snapshot, A_answer_and_remember, A_answer_snapshot_next,
	A_say_busy, A_refuse_snapshot, A_say_stopping, A_await_calm, A_prepare_snapshot,
	A_prepare_stop, A_yield_dumped, A_boot,
	A_gate, A_dump, A_dump_busy, A_load, A_echo, A_decide, A_commit, A_keep_snapshot, A_conclude,
	A_compare, A_undo, A_undo_late, A_undo_unclaimed, A_undo_and_mourn, A_mourn, A_promote,
	A_succeed, A_inherit_kept, A_inherit_dumped, A_retry_and_mourn, A_give_back, A_load_kept,
	A_serve, A_serve_loaded, A_reject, A_kill_late, A_kill_old, A_yield, A_end_old, A_start_next,
	A_start_new, A_start, A_bury, A_prove, A_end_with_it, A_stop, A_check_end, A_await_quiet,
	A_remember_stop, A_answer_to_stop, A_look_last, A_undo_to_stop, A_let_go, A_look_due,
	A_gate_at_once, A_wait_on, A_take_exit_code, A_serve_and_answer };
mtype:goals = { NO_GOAL, COMMIT, REPLACE, DRY_RUN, MAKE_SNAPSHOT };
mtype:keeps = { NOTHING, BY_COMMIT, BY_SNAPSHOT };

/* The launcher: what struct aet_swap holds. */
mtype:states state = S_START;
mtype:events inner = NO_EVENT;
mtype:timers timer = TIMER_START;
mtype:goals goal = NO_GOAL;
mtype:keeps kept = NOTHING;
bool remembers_request, remembers_try, remembers_snapshot;
bool hands_over, drains_busy, mourning, awaits_state, loaded, fresh, stopping, ever_ready, unproven;

/* Who waits for the swap in hand, and for one to come; a request that no look has followed. */
#define FOR_RELOAD   0
#define FOR_TRY      1
#define FOR_SNAPSHOT 2
#define KINDS        3
byte now[KINDS], later[KINDS];
bool owed, stop_waits;
byte requests, tries, snapshots, dues, stops, deaths;

/* A stop that takes a snapshot first: it is remembered; that snapshot has begun. */
bool stop_dumps, stop_now;
bool is_due; /* the snapshot in hand is that of snapshot_every */

/* Of one step of the launcher; between two they are what they are here. */
mtype:events event = NO_EVENT;
mtype:actions row_action = A_wait_on;
bool chance;

/* Of one d_step: they are no part of a state. */
hidden short row;
hidden byte slot, next, spare;

/* What an assertion says is false. */
hidden byte gave_its_state_and_serves, starts_while_stopping, commits_without_its_state,
	loses_the_kept_state, kept_state_is_never_forgotten, word_names_a_dead_generation,
	launcher_waits_for_ever, gates_beside_a_frozen_one, request_is_forgotten, client_is_never_answered,
	nobody_serves_for_ever, connection_has_no_owner, two_generations_serve,
	process_is_parked_for_ever;

#include "process.pml"
#include "guards.pml"
#include "actions.pml"
#include "restart.pml"
#include "perform.pml"
#include "ends.pml"
#include "launcher.pml"

init {
	d_step {
		number[0] = 1;
		serving = 0;
		life[0] = BOOTING;
		set_word(OPEN, 1, 0)
	}
	atomic {
		select(faults : 0 .. FAULTS);
		select(forks : 0 .. FORKS);
		select(requests : 0 .. REQUESTS);
		select(tries : 0 .. TRIES);
		select(snapshots : 0 .. SNAPSHOTS);
		select(dues : 0 .. DUES);
		select(stops : 0 .. STOPS);
		select(deaths : LEAST_DEATHS .. DEATHS);
		connection = (CONNECTIONS -> 0 : CLOSED);
		run launcher();
		for (spare : 0 .. PROCESSES - 1) {
			run process(spare)
		}
		run watcher()
	}
}
