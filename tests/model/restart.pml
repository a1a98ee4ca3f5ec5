/*
 * What the actions of the table do when nobody serves, or is not to serve any more (mourn.c,
 * restart.c, stop_first.c, stop.c of launcher/swap).
 */

inline find_predecessor()
{
	slot = NO_SLOT;
	for (spare : 0 .. SLOTS - 1) {
		if
		:: IS_PREDECESSOR(spare) && (slot == NO_SLOT || number[spare] > number[slot]) ->
			slot = spare
		:: else
		fi
	}
}

/* aet_frozen_retire() */
inline end_frozen(s)
{
	if
	:: frozen[s] -> kill_all_of(s); clear_slot(s)
	:: else
	fi
}

#ifndef IS_PROVEN_AGAIN
#define IS_PROVEN_AGAIN (unproven || kept == BY_COMMIT)
#endif

inline do_give_back()
{
	find_predecessor();
	draining[slot] = false;
	frozen[slot] = false;
	taken[slot] = false; /* whoever had its state is gone */
	next = serving;
	serving = slot;
	if
	:: next != NO_SLOT -> kill_all_of(next); let_go(next)
	:: else /* it could not even be started */
	fi;
	set_word(OPEN, number[serving], 0);
	mourning = false;
	awaits_state = false;
	unproven = IS_PROVEN_AGAIN;
	forget_step();
	answer_goal();
	end_swap()
}

inline do_serve()
{
	is_ready[serving] = true;
	ever_ready = true;
	unproven = true;
	awaits_state = false;
	end_swap()
}

inline do_serve_loaded()
{
	do_serve();
	loaded = true;
	set_word(OPEN, number[serving], 0);
	forget_step()
}

inline start()
{
	find_slot();
	find_number();
	awaits_state = kept != NOTHING;
	loaded = false;
	unproven = false;
	set_word((awaits_state -> LOADING : OPEN), next, 0);
	spawn();
	serving = slot;
	inner = (slot == NO_SLOT -> E_SERVING_LOST : inner)
}

inline do_yield()
{
	find_number();
	set_word(YIELDING, number[serving], next)
}

/* From here on the state that was dumped is whole. */
inline do_yield_dumped()
{
	if
	:: undone -> inner = E_UNDONE
	:: else -> do_yield(); fresh = true
	fi
}

/* After its dump it may not run on: by force. Then nothing can be undone. */
inline do_end_old()
{
	if
	:: hands_over -> kill_all_of(serving); hands_over = false
	:: else -> termed[serving] = true
	fi
}

inline drop_serving()
{
	slot = serving;
	serving = NO_SLOT;
	if
	:: slot != NO_SLOT -> let_go(slot)
	:: else
	fi
}

inline do_start_next()
{
	if
	:: fresh -> kill_all_of(serving)
	:: else
	fi;
	kept = (fresh && kept == NOTHING -> BY_COMMIT : kept);
	fresh = false;
	hands_over = false;
	forget_step();
	drop_serving();
	start()
}

/* A snapshot that a generation died of is not given to the next one, unless that is an older one. */
inline do_bury()
{
	kept = (kept == BY_SNAPSHOT && goal == NO_GOAL && serving != NO_SLOT &&
		(awaits_state || loaded) -> NOTHING : kept);
	drop_serving();
	mourning = false;
	awaits_state = false;
	forget_step();
	answer_goal();
	end_swap()
}

inline answer_everybody()
{
	for (spare : 0 .. KINDS - 1) {
		now[spare] = 0;
		later[spare] = 0
	}
}

inline do_stop()
{
	if
	:: !stopping && serving != NO_SLOT && (candidate != NO_SLOT || goal == MAKE_SNAPSHOT ||
			goal == REPLACE && hands_over) ->
		undo()
	:: else
	fi;
	stopping = true;
	owed = false;
	answer_everybody();
	for (spare : 0 .. SLOTS - 1) {
		ending[spare] = ANY_OF(spare, IS_THERE)
	}
}

/* At the first look whoever is left is killed, at the next one nobody is left. */
#define HAS_PROCESS(s) ANY_OF(s, IS_THERE)
inline do_check_end()
{
	ended = !ANY_SLOT(HAS_PROCESS);
	for (spare : 0 .. SLOTS - 1) {
		kill_all_of(spare)
	}
}
