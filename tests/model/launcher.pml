/*
 * The launcher: one fact at a time, or what an action posted; then the row that matches.
 */

/* Facts that hold, in the states that look for them. */
#define HAS_TOLD(p) (life[p] == UP || life[p] == HUNG)
#define ANY_READY \
	(state == S_BOOT && HAS_TOLD(LEADER(candidate)) || \
	 state == S_START && HAS_TOLD(LEADER(serving)))
/* A process that has no lifeline cannot be waited for. */
#define HAS_FOLLOWED(p) (!LIVES(p) || line[p] != JOINED || life[p] == UP && current[p])
#define IS_GATED(p)     (HAS_FOLLOWED(p) && (!LIVES(p) || line[p] != JOINED || role[p] == HOLDS))
#define ANY_CALM \
	(state == S_SETTLE || state == S_QUIET || state == S_YIELD && ALL_OF(serving, HAS_FOLLOWED))
#ifndef MINDS_THE_WORD
#define MINDS_THE_WORD \
	(state == S_BOOT || state == S_SETTLE || state == S_GATE || state == S_QUIET || \
	 state == S_DUMP || state == S_LOAD || state == S_ECHO || state == S_YIELD || \
	 (state == S_START || state == S_RESTORE) && LIVES(LEADER(serving)))
#endif
#define AWAITS_DUMP (state == S_DUMP || state == S_ECHO)
/* A process that has been copied for a snapshot has done its part. */
#define IS_COPIED   (state == S_DUMP && goal == MAKE_SNAPSHOT && !stop_now && task == FINISHED)
#define AWAITS_LOAD (state == S_LOAD || state == S_RESTORE)
#define MAY_FAIL    (hands_over && (state == S_COPY || state == S_SETTLE || state == S_GATE || state == S_QUIET))
#define HAS_FAILED \
	((AWAITS_DUMP || AWAITS_LOAD) && task != FINISHED && (task == FAILING || \
		life[LEADER(task_slot)] == UP && line[LEADER(task_slot)] != JOINED))

/* A healthy start that takes too long is a fault. Where a timer only looks again, it is due when
 * there is something new to see: a look that changes nothing would be a run that never ends. */
#ifndef MAY_TAKE_LONG
#define MAY_TAKE_LONG (G_is_first && !G_is_awaited)
#endif
#define HAS_LIVING(s) ANY_OF(s, LIVES)
#define HANGS(s) \
	(life[LEADER(s)] == STUCK || life[LEADER(s)] == HUNG || \
		state == S_RESTORE && life[LEADER(s)] == UP && line[LEADER(s)] != JOINED)
#define IS_LATE(s) (faults > 0 && LIVES(LEADER(s)) && !HANGS(s))
#define IS_DUE \
	(timer == TIMER_START -> \
		HANGS(serving) && !MAY_TAKE_LONG || IS_LATE(serving) : \
	 (timer == TIMER_RESTORE -> HANGS(serving) || IS_LATE(serving) : \
	 (timer == TIMER_KILL_CHECK -> LIVES(LEADER(serving)) : \
	 (timer == TIMER_END_CHECK -> ANY_SLOT(HAS_LIVING) || !ANY_SLOT(HAS_PROCESS) : \
		timer != TIMER_NONE))))

inline ask_launcher(kind, budget, what)
{
	budget--;
	later[kind]++;
	event = what
}

/* The number of the row is its line in the table. */
inline find_row()
{
	row =
#define T(s, e, g, a, n, t) ((state == S_##s && event == E_##e && G_##g) -> __LINE__ :
#include "rows.pml"
	0
#undef T
#define T(s, e, g, a, n, t) )
#include "rows.pml"
#undef T
}

#define ARM(t) timer = (TIMER_##t == TIMER_KEEP -> timer : TIMER_##t)

/* What the action posts is an event of the new state. */
inline dispatch()
{
	d_step {
		ever_ready = ever_ready || event == E_READY;
		owed = owed || event == E_REQUEST && !stopping;
		find_row();
		timer = (event == E_TIMEOUT -> TIMER_NONE : timer);
		if
#define T(s, e, g, a, n, t) :: row == __LINE__ -> row_action = A_##a; state = S_##n; ARM(t)
#include "rows.pml"
#undef T
		:: row == 0 -> row_action = A_wait_on
		fi;
		printf("table.def:%d\n", row);
		c_code { note_row(row); };
		inner = (row != 0 && state == S_FINISH -> E_DONE : inner)
	}
	perform();
	d_step {
		event = NO_EVENT;
		chance = false;
		row_action = A_wait_on
	}
}

/* Rows that were ever taken, for tests/model/run.sh. */
c_decl {
	static void note_row(int number)
	{
		static char taken[2048];

		if (!taken[number])
			printf("row %d\n", number);
		taken[number] = 1;
	}
}

#define IS_FREE_FOR_FACTS (alive && !ended && inner == NO_EVENT)
#define HAS_ENDED(s)      (s != NO_SLOT && life[LEADER(s)] == DEAD)

inline see_end(s, what)
{
	life[LEADER(s)] = GONE;
	event = what
}

proctype launcher()
{
end:	do
	:: atomic {
		if
		:: alive && inner != NO_EVENT -> event = inner; inner = NO_EVENT
		:: IS_FREE_FOR_FACTS && HAS_ENDED(serving) -> see_end(serving, E_SERVING_LOST)
		:: IS_FREE_FOR_FACTS && HAS_ENDED(candidate) -> see_end(candidate, E_CANDIDATE_LOST)
		:: IS_FREE_FOR_FACTS && requests > 0 -> ask_launcher(FOR_RELOAD, requests, E_REQUEST)
		:: IS_FREE_FOR_FACTS && tries > 0 -> ask_launcher(FOR_TRY, tries, E_TRY)
		:: IS_FREE_FOR_FACTS && snapshots > 0 ->
			ask_launcher(FOR_SNAPSHOT, snapshots, E_SNAPSHOT)
		:: IS_FREE_FOR_FACTS && stops > 0 -> stops--; stop_waits = true; event = E_STOP
		:: IS_FREE_FOR_FACTS && ANY_READY -> event = E_READY
		:: IS_FREE_FOR_FACTS && ANY_CALM -> event = E_CALM
		:: IS_FREE_FOR_FACTS && state == S_GATE && ALL_OF(serving, IS_GATED) ->
			event = E_GATED
		:: IS_FREE_FOR_FACTS && undone && MINDS_THE_WORD -> event = E_UNDONE
		:: IS_FREE_FOR_FACTS && dues > 0 && state == S_SERVE && HAS_HOOKS(serving) ->
			dues--;
			event = E_DUE
		:: IS_FREE_FOR_FACTS && IS_COPIED -> event = E_COPIED
		:: IS_FREE_FOR_FACTS && task == FINISHED && (AWAITS_DUMP || state == S_COPY) ->
			event = E_DUMPED
		:: IS_FREE_FOR_FACTS && task == FINISHED && AWAITS_LOAD -> event = E_LOADED
		:: IS_FREE_FOR_FACTS && (MAY_FAIL || HAS_FAILED) ->
			task = (task == FAILING -> IDLE : task);
			event = E_FAILED
		:: IS_FREE_FOR_FACTS && IS_DUE ->
			faults = faults - (timer == TIMER_START || timer == TIMER_RESTORE ->
				!HANGS(serving) : 0);
			event = E_TIMEOUT
		/* A generation that was replaced has nothing left to do. */
		:: IS_FREE_FOR_FACTS && draining[0] && !ending[0] && !frozen[0] -> ending[0] = true
		:: IS_FREE_FOR_FACTS && draining[1] && !ending[1] && !frozen[1] -> ending[1] = true
		:: IS_FREE_FOR_FACTS && draining[2] && !ending[2] && !frozen[2] -> ending[2] = true
		:: alive && !ended && deaths > 0 -> deaths--; end_launcher()
		fi;
		if
		:: OPEN_GUESS -> if :: chance = false :: chance = true fi
		:: else
		fi;
		if
		:: event != NO_EVENT -> dispatch()
		:: else
		fi;
		if
		:: inner == EITHER -> if :: inner = E_CHECKED :: inner = E_REFUSED fi
		:: else
		fi
	}
	od
}
