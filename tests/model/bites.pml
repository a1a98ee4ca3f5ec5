/*
 * Faults that were there once, or that this model has found: -DBITE_name puts one back, and `make
 * model-bites` succeeds only if Spin finds it. Rows of a fault are in rows.pml, ahead of the table.
 */

/* overlap: false left by a way of its own, past FINISH. Rows only: BITE_LEAVES_AT_ONCE,
 * BITE_STOP_WAITS. */

/* The serving generation dies while the candidate boots, which is promoted as if it were ready, its
 * start timeout being dropped. Rows only: BITE_PROMOTES_UNREADY. */

/* The same, and the word goes on naming the dead one. */
#ifdef BITE_NAMES_THE_DEAD
#define NAME_THE_HEIR skip
#define LEAST_DEATHS  1
#endif

/* A process undid the swap before the gate, and the launcher waits for what never comes. */
#ifdef BITE_GATE_WAITS
#define MINDS_THE_WORD false
#endif

/* A program that was never ready is replaced by one that hangs in its boot, and waited for as if it
 * were the first of all. Rows only, but for when the timer is due: BITE_WAITS_FOR_A_START. */
#ifdef BITE_WAITS_FOR_A_START
#define MAY_TAKE_LONG G_is_first
#endif

/* The probation runs out while something else is in hand: nobody forgets the state that is kept. */
#ifdef BITE_PROBATION_RUNS_OUT
#define RUNS_OUT chance
#endif

/* What was given back serves for good at once, though a state is kept. */
#ifdef BITE_GIVES_BACK_FOR_GOOD
#define IS_PROVEN_AGAIN false
#endif

/* State that travels, or is kept, is left behind. Rows only: BITE_COMMITS_WITHOUT,
 * BITE_PROMOTES_WITHOUT. */

/* A reload within ready_after begins at once, beside the frozen one. Rows only:
 * BITE_GATES_BESIDE_FROZEN. */

/* The launcher dies, then the new version: the frozen one waits for a word that nobody changes. */
#ifdef BITE_STAYS_FROZEN
#define TAKES_BACK(p) false
#endif

/* A predecessor that nobody can wake is asked to serve again. */
#ifdef BITE_WAKES_NOBODY
#define CAN_BE_WOKEN(s) true
#endif

/* A worker that is forked when the launcher is dead does as the word says, and that is all. */
#ifdef BITE_JOINS_NOBODY
#define UNANSWERED skip
#endif
