/*
 * What the actions of the table do to the word, to generations and to those who wait, up to the
 * commit or the undo (boot.c, gate.c, handover.c, commit.c, undo.c of launcher/swap).
 */

/* --- generations --- */

#define IS_FREE(s) (s != serving && s != candidate && !ANY_OF(s, IS_THERE))

/* Where no slot is free the oldest of those that drain makes room. */
inline find_slot()
{
	slot = (IS_FREE(0) -> 0 : (IS_FREE(1) -> 1 : (IS_FREE(2) -> 2 : NO_SLOT)));
	if
	:: slot == NO_SLOT ->
		for (spare : 0 .. SLOTS - 1) {
			if
			:: spare != serving && spare != candidate &&
					(slot == NO_SLOT || number[spare] < number[slot]) ->
				slot = spare
			:: else
			fi
		}
		EACH_OF(slot, KILL);
		clear_slot(slot)
	:: else
	fi
}

inline find_number()
{
	next = word_serving;
	for (spare : 0 .. SLOTS - 1) {
		next = (number[spare] > next -> number[spare] : next)
	}
	next++
}

/* `slot` is NO_SLOT when it cannot be started. */
inline spawn()
{
	starts_while_stopping = stopping;
	assert(!starts_while_stopping);
	if
	:: chance && faults > 0 -> faults--; slot = NO_SLOT
	:: else ->
		number[slot] = next;
		ending[slot] = false;
		life[LEADER(slot)] = BOOTING
	fi
}

/* It is in hand no more: its end is no event, and what has lost its leader ends. */
inline let_go(s)
{
	if
	:: life[LEADER(s)] == DEAD -> life[LEADER(s)] = GONE
	:: else
	fi;
	ending[s] = ending[s] || !IS_THERE(LEADER(s));
	clear_slot(s)
}

inline kill_all_of(s)
{
	EACH_OF(s, KILL)
}

inline drop_candidate()
{
	if
	:: candidate != NO_SLOT ->
		slot = candidate;
		candidate = NO_SLOT;
		kill_all_of(slot);
		let_go(slot)
	:: else
	fi
}

/* --- those who wait --- */

#define ANSWER(kind) now[kind] = 0

inline answer_goal()
{
	if
	:: goal == DRY_RUN -> ANSWER(FOR_TRY)
	:: goal == MAKE_SNAPSHOT -> ANSWER(FOR_SNAPSHOT)
	:: else -> ANSWER(FOR_RELOAD)
	fi;
	is_due = false;
	goal = NO_GOAL
}

/* Who asked meanwhile is answered by the swap that begins now. */
inline take_up(kind)
{
	now[kind] = now[kind] + later[kind];
	later[kind] = 0
}

/* --- the swap --- */

inline do_look()
{
	remembers_request = false;
	owed = false;
	take_up(FOR_RELOAD);
	goal = (OVERLAP || serving == NO_SLOT -> COMMIT : REPLACE);
	inner = EITHER
}

inline do_look_dry()
{
	remembers_try = false;
	take_up(FOR_TRY);
	goal = DRY_RUN;
	inner = (serving == NO_SLOT || !OVERLAP -> E_REFUSED : EITHER);
	if
	:: serving != NO_SLOT && !is_ready[serving] -> inner = E_REFUSED
	:: else
	fi
}

inline do_look_snapshot()
{
	remembers_snapshot = false;
	take_up(FOR_SNAPSHOT);
	goal = MAKE_SNAPSHOT;
	inner = E_REFUSED;
	if
	:: serving != NO_SLOT && STATE && is_ready[serving] -> inner = E_CHECKED
	:: else
	fi
}

inline do_look_due()
{
	take_up(FOR_SNAPSHOT);
	goal = MAKE_SNAPSHOT;
	is_due = true;
	inner = EITHER
}

inline do_look_last()
{
	stop_dumps = false;
	stop_now = true;
	do_look_snapshot()
}

inline do_boot()
{
	find_slot();
	find_number();
	set_word(OPEN, number[serving], next);
	spawn();
	candidate = slot;
	inner = (slot == NO_SLOT -> E_CANDIDATE_LOST : inner)
}

inline do_gate()
{
	gates_beside_a_frozen_one = ANY_SLOT(IS_FROZEN);
	assert(!gates_beside_a_frozen_one);
	if
	:: undone -> inner = E_UNDONE
	:: !undone && candidate == NO_SLOT -> set_word(GATED, number[serving], NOBODY)
	:: else -> set_word(GATED, number[serving], number[candidate])
	fi
}

inline do_decide()
{
	commits_without_its_state = hands_over && task != FINISHED;
	assert(!commits_without_its_state);
	if
	:: undone -> inner = E_UNDONE
	:: else -> set_word(OPEN, number[candidate], 0); inner = E_DECIDED
	fi
}

inline forget_step()
{
	task = IDLE;
	task_slot = NO_SLOT
}

/* Whoever has no hooks, or no lifeline, cannot be asked. */
inline ask(what, s, otherwise)
{
	task_slot = s;
	if
	:: HAS_HOOKS(s) -> task = what
	:: else -> task = IDLE; inner = otherwise
	fi
}

inline do_load()
{
	fresh = true;
	if
	:: goal == DRY_RUN -> set_word(OPEN, number[serving], number[candidate])
	:: else
	fi;
	ask(TAKING, candidate, E_FAILED)
}

/* aet_swap_end() */
inline end_swap()
{
	goal = NO_GOAL;
	is_due = false;
	hands_over = false;
	drains_busy = false
}

/* The candidate becomes the serving generation. */
inline take_over()
{
	slot = serving;
	serving = candidate;
	candidate = NO_SLOT;
	let_go(slot)
}

inline do_commit()
{
	take_over();
	is_ready[serving] = true;
	ever_ready = true;
	unproven = true;
	loaded = false;
	if
	:: hands_over -> kept = (kept == BY_SNAPSHOT -> kept : BY_COMMIT)
	:: else
	fi;
	if
	:: number[slot] != 0 ->
		taken[slot] = hands_over;
		draining[slot] = !ending[slot] && IS_THERE(LEADER(slot));
		frozen[slot] = draining[slot] && hands_over && !drains_busy
	:: else
	fi;
	fresh = false;
	forget_step();
	end_swap()
}

inline do_promote()
{
	loses_the_kept_state = kept != NOTHING;
	assert(!loses_the_kept_state);
	hands_over = false;
	do_commit();
	set_word(OPEN, number[serving], 0)
}

inline undo()
{
	set_word(OPEN, number[serving], 0);
	fresh = false;
	forget_step();
	drop_candidate();
	answer_goal();
	end_swap()
}

inline do_undo_and_mourn()
{
	kept = (fresh && goal != DRY_RUN && kept == NOTHING -> BY_COMMIT : kept);
	mourning = true;
	undo()
}

inline do_retry_and_mourn()
{
	fresh = false;
	drop_candidate();
	end_swap();
	later[FOR_RELOAD] = later[FOR_RELOAD] + now[FOR_RELOAD];
	now[FOR_RELOAD] = 0;
	remembers_request = true;
	mourning = true
}

#ifndef NAME_THE_HEIR
#define NAME_THE_HEIR set_word((awaits_state -> LOADING : OPEN), number[serving], 0)
#endif

inline do_succeed()
{
	take_over();
	awaits_state = kept != NOTHING;
	NAME_THE_HEIR
}

inline inherit()
{
	slot = serving;
	kill_all_of(slot);
	take_over();
	fresh = false;
	awaits_state = true;
	set_word(LOADING, number[serving], 0);
	ask(TAKING, serving, NO_EVENT)
}

/* What was dumped is kept as soon as nobody else has it. */
inline do_inherit_dumped()
{
	kept = (kept == BY_SNAPSHOT -> kept : BY_COMMIT);
	inherit()
}
