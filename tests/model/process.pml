/*
 * What a process of the program does: preload/entry/reconcile.c, and what programs do by
 * themselves.
 */

#define IS_ASKED(p) (task_slot == SLOT(p) && IS_LEADER(p) && IS_TALKING(p) && current[p] && \
		(role[p] == HOLDS || role[p] == PARKS) && (task == DUMPING || task == TAKING))
/* Every start gets the state of a swap: a version that never takes it is a fault. */
#define IS_RESTORING (awaits_state && task == TAKING)
#define CAN_FAIL(p) (faults > 0 && LIVES(p) && !ended)

/* follow() and report(): from here on it acts by the word, and the launcher knows. */
inline look(p)
{
	role[p] = ROLE_OF(number[SLOT(p)]);
	current[p] = true;
	printf("\tprocess %d: ", p); printm(role[p]); printf("\n");
	gave_its_state_and_serves = role[p] == SERVES && taken[SLOT(p)];
	assert(!gave_its_state_and_serves)
}

/* end_if_lost() */
inline end_if_lost(p)
{
	if
	:: role[p] == ABORTED -> die(p)
	:: else
	fi
}

inline take_connection(p)
{
	if
	:: role[p] == SERVES && connection == QUEUED -> connection = SLOT(p)
	:: else
	fi
}

/* read_lifeline(), with all that follows in aet_reconcile_locked(). */
inline notice_cut(p)
{
	line[p] = LOST;
	abort_word(true);
	look(p);
	take_connection(p);
	end_if_lost(p)
}

/* A process that asks a dead launcher in vain knows as much as one whose lifeline is cut. */
#ifndef UNANSWERED
#define UNANSWERED abort_word(true)
#endif

/* aet_client_join() at the first interest of a process. */
inline join(p)
{
	if
	:: alive -> line[p] = JOINED
	:: else -> line[p] = LOST; UNANSWERED
	fi;
	look(p);
	if
	:: line[p] == LOST -> end_if_lost(p)
	:: else
	fi
}
/* preload/connections/migrate_out.c, fate_of(); KNOWN_LIMITS: README.md. */
#ifdef KNOWN_LIMITS
#define GIVES(p) (life[p] == UP && line[p] == JOINED)
#else
#define GIVES(p) IS_TALKING(p)
#endif

/* preload/core/successor.c: the launcher is gone. A member holds its lock as long as it lives. */
#define IS_MEMBER_OF_SERVING(q) (LIVES(q) && line[q] != UNJOINED && number[SLOT(q)] == word_serving)
#define SERVING_HAS_MEMBER(s)   ANY_OF(s, IS_MEMBER_OF_SERVING)
#define LOOKS_AT_SUCCESSOR(p) \
	(life[p] == UP && !alive && line[p] == LOST && current[p] && frozen[SLOT(p)] && \
		role[p] == DRAINS)
#ifndef TAKES_BACK
#define TAKES_BACK(p) LOOKS_AT_SUCCESSOR(p)
#endif

proctype process(byte p)
{
end:	do
	/* A boot asks the launcher for its listeners; without one it fails. */
	:: d_step { life[p] == BOOTING && alive -> life[p] = UP; join(p) }
	:: d_step { life[p] == BOOTING && !alive -> die(p) }
	:: d_step { IS_TALKING(p) && !current[p] -> look(p) }
	:: d_step { life[p] == UP && IS_CUT(p) -> notice_cut(p) }
	:: d_step { life[p] == UP && line[p] == UNJOINED -> join(p) }

	/* A frozen one goes on when its successor is dead, or ends when that one has lasted. */
	:: d_step { TAKES_BACK(p) && !ANY_SLOT(SERVING_HAS_MEMBER) ->
		printf("\tprocess %d takes back\n", p);
		set_word(OPEN, number[SLOT(p)], 0);
		frozen[SLOT(p)] = false;
		taken[SLOT(p)] = false;
		look(p);
		take_connection(p) }
	:: d_step { LOOKS_AT_SUCCESSOR(p) && ANY_SLOT(SERVING_HAS_MEMBER) ->
		printf("\tprocess %d ends frozen\n", p); die(p) }
	/* Whoever stands still looks at the word all the time, until another process of its
	 * generation has taken back, too. */
	:: d_step { life[p] == UP && line[p] == LOST && !current[p] && role[p] == DRAINS &&
			(frozen[SLOT(p)] || !alive && number[SLOT(p)] == word_serving &&
				phase == OPEN) ->
		look(p) }

	/* It ends as it was told. */
	:: d_step { LIVES(p) && (ending[SLOT(p)] && alive ||
			termed[SLOT(p)] && (life[p] == BOOTING || life[p] == UP)) ->
		printf("\tprocess %d ends\n", p); die(p) }

	/* Steps of the state are taken while it stands still. */
	:: d_step { IS_ASKED(p) && task == DUMPING -> task = FINISHED }
	:: d_step { IS_ASKED(p) && task == TAKING -> task = FINISHED }
	:: d_step { IS_ASKED(p) && !IS_RESTORING -> task = FAILING }
	:: d_step { IS_ASKED(p) && IS_RESTORING && faults > 0 -> faults--; task = FAILING }

	/* The old one gives, the new one takes: woken by the launcher. */
	:: d_step { connection == SLOT(p) && IS_LEADER(p) && GIVES(p) && role[p] == DRAINS ->
		connection = QUEUED }
	:: d_step { connection == QUEUED && IS_TALKING(p) && current[p] && role[p] == SERVES ->
		connection = SLOT(p) }

	/* A worker is as its parent when it is forked, but for the lifeline. */
	:: d_step { WIDTH == 2 && forks > 0 && IS_LEADER(p) && life[p] == UP &&
			life[p + WIDTH - 1] == GONE ->
		forks--;
		life[p + WIDTH - 1] = UP;
		role[p + WIDTH - 1] = role[p];
		current[p + WIDTH - 1] = current[p] }

	/* Faults. */
	:: d_step { CAN_FAIL(p) -> faults--; printf("\tprocess %d dies\n", p); die(p) }
	:: d_step { CAN_FAIL(p) && life[p] == BOOTING -> faults--; life[p] = STUCK;
		printf("\tprocess %d hangs in its boot\n", p) }
	:: d_step { CAN_FAIL(p) && life[p] == UP -> faults--; life[p] = HUNG;
		printf("\tprocess %d hangs\n", p) }
	:: d_step { CUTS && CAN_FAIL(p) && IS_TALKING(p) -> faults--; line[p] = CUT;
		printf("\tprocess %d loses its lifeline\n", p) }
	od
}
