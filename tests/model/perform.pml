/*
 * Every action by its name. A d_step must not end in a loop: hence the skips.
 */
#define DO(action) row_action == A_##action

inline perform()
{
	if
	:: d_step { DO(look) -> do_look(); skip }
	:: d_step { DO(look_dry) -> do_look_dry(); skip }
	:: d_step { DO(look_snapshot) -> do_look_snapshot(); skip }
	:: d_step { DO(look_due) -> do_look_due(); skip }
	:: d_step { DO(look_last) ->
		end_frozen(0);
		end_frozen(1);
		end_frozen(2);
		do_look_last(); skip }
	:: d_step { DO(remember_stop) -> stop_dumps = true; skip }
	:: d_step { DO(answer_to_stop) -> answer_goal(); stop_dumps = true; skip }
	:: d_step { DO(undo_to_stop) -> undo(); stop_dumps = true; skip }
	:: d_step { DO(refuse) || DO(answer) -> answer_goal(); skip }
	:: d_step { DO(remember) -> remembers_request = true; skip }
	:: d_step { DO(remember_try) -> remembers_try = true; skip }
	:: d_step { DO(remember_snapshot) -> remembers_snapshot = true; skip }
	:: d_step { DO(answer_and_remember) -> answer_goal(); remembers_request = true; skip }
	:: d_step { DO(answer_snapshot_next) -> answer_goal(); remembers_snapshot = true; skip }
	:: d_step { DO(say_busy) -> later[FOR_TRY]--; skip }
	:: d_step { DO(refuse_snapshot) -> later[FOR_SNAPSHOT]--; skip }
	:: d_step { DO(say_stopping) -> answer_everybody(); skip }
	:: d_step { DO(await_calm) || DO(prepare_snapshot) || DO(prepare_stop) ->
		 hands_over = true; skip }
	:: d_step { DO(boot) -> do_boot(); skip }
	:: d_step { DO(gate) -> do_gate(); skip }
	:: d_step { DO(gate_at_once) -> hands_over = true; do_gate(); skip }
	:: d_step { DO(let_go) -> set_word(OPEN, number[serving], 0); skip }
	:: d_step { DO(dump) -> ask(DUMPING, serving, E_FAILED); skip }
	:: d_step { DO(dump_busy) -> drains_busy = true; ask(DUMPING, serving, E_FAILED); skip }
	:: d_step { DO(load) -> do_load(); skip }
	:: d_step { DO(echo) -> ask(DUMPING, candidate, E_FAILED); skip }
	:: d_step { DO(decide) -> do_decide(); skip }
	:: d_step { DO(commit) -> do_commit(); skip }
	:: d_step { DO(keep_snapshot) -> kept = BY_SNAPSHOT; undo(); skip }
	:: d_step { DO(conclude) || DO(compare) || DO(undo) || DO(undo_late) ||
			DO(undo_unclaimed) -> undo(); skip }
	:: d_step { DO(undo_and_mourn) -> do_undo_and_mourn(); skip }
	:: d_step { DO(mourn) -> mourning = true; skip }
	:: d_step { DO(promote) -> do_promote(); skip }
	:: d_step { DO(succeed) -> do_succeed(); skip }
	:: d_step { DO(inherit_kept) -> inherit(); skip }
	:: d_step { DO(inherit_dumped) -> do_inherit_dumped(); skip }
	:: d_step { DO(retry_and_mourn) -> do_retry_and_mourn(); skip }
	:: d_step { DO(give_back) -> do_give_back(); skip }
	:: d_step { DO(load_kept) -> ask(TAKING, serving, NO_EVENT); skip }
	:: d_step { DO(serve) -> do_serve(); skip }
	:: d_step { DO(serve_loaded) -> do_serve_loaded(); skip }
	:: d_step { DO(reject) || DO(kill_late) || DO(kill_old) -> kill_all_of(serving); skip }
	:: d_step { DO(yield) -> do_yield(); skip }
	:: d_step { DO(yield_dumped) -> do_yield_dumped(); skip }
	:: d_step { DO(end_old) -> do_end_old(); skip }
	:: d_step { DO(start_next) -> do_start_next(); skip }
	:: d_step { DO(start) || DO(start_new) -> start(); skip }
	:: d_step { DO(bury) -> do_bury(); skip }
	:: d_step { DO(prove) ->
		kept = (kept == BY_COMMIT -> NOTHING : kept);
		unproven = false;
		loaded = false;
		end_frozen(0);
		end_frozen(1);
		end_frozen(2);
		skip }
	:: d_step { DO(end_with_it) -> mourning = false; drop_serving(); do_stop(); skip }
	:: d_step { DO(stop) -> do_stop(); skip }
	:: d_step { DO(check_end) -> do_check_end(); skip }
	:: d_step { DO(take_exit_code) -> drop_serving(); skip }
	:: d_step { DO(serve_and_answer) -> do_serve(); ANSWER(FOR_RELOAD); skip }
	:: d_step { DO(await_quiet) || DO(wait_on) -> skip }
	fi
}
