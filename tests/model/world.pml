/*
 * The world the launcher acts on: the phase word, generations and their processes, the steps of the
 * state and one connection. Roles follow common/phase.h.
 *
 * A generation lives in a slot; its number gives its age. Process p belongs to slot p / WIDTH, and
 * the first one of a slot is the leader, whose end is the end of the generation.
 */
#define SLOTS     3
#define PROCESSES (SLOTS * WIDTH)
#define NO_SLOT   SLOTS
#define NOBODY    255 /* the candidate of a snapshot's gate */

mtype:phases = { OPEN, GATED, LOADING, YIELDING };
mtype:roles = { SERVES, HOLDS, PARKS, DRAINS, ABORTED };
/* STUCK hangs before it is ready, HUNG after; DEAD is an end that the launcher has not seen yet. */
mtype:lives = { GONE, BOOTING, UP, STUCK, HUNG, DEAD };
/* A lifeline: none yet, open, cut at the far end, seen to be cut. */
mtype:lines = { UNJOINED, JOINED, CUT, LOST };
mtype:tasks = { IDLE, DUMPING, TAKING, FINISHED, FAILING };

/* The word. `undone`: it is not what the launcher wrote last. */
mtype:phases phase = OPEN;
byte word_serving, word_candidate;
bool undone;

bool alive = true; /* the launcher */
bool ended; /* it has, together with the program */

/* What the launcher has in hand; here because the end of any other generation is no event. */
byte serving = NO_SLOT, candidate = NO_SLOT;

/* Of each process. `current`: it has looked at the word that stands. */
mtype:lives life[PROCESSES] = GONE;
mtype:roles role[PROCESSES] = ABORTED;
mtype:lines line[PROCESSES] = UNJOINED;
bool current[PROCESSES];

/* Of each slot. */
byte number[SLOTS];
bool draining[SLOTS]; /* replaced, and may serve again */
bool ending[SLOTS]; /* told to end: it will, if need be by force */
bool termed[SLOTS]; /* told to end, and that is all: a process that hangs does not */
bool is_ready[SLOTS]; /* the launcher has seen it ready */
bool frozen[SLOTS]; /* replaced, and as it was at its dump: until its successor has lasted */
bool taken[SLOTS]; /* its state was given to another generation */

/* The step of the state that a leader was asked for. */
mtype:tasks task = IDLE;
byte task_slot = NO_SLOT;

/* The connection: of a slot, in the handoff queue, or closed with its process. */
#define QUEUED SLOTS
#define CLOSED (SLOTS + 1)
byte connection = CLOSED;

/* What may still happen; how often is chosen at the beginning. */
byte faults, forks;

hidden byte at; /* of a loop */

#define SLOT(p)       ((p) / WIDTH)
#define LEADER(s)     ((s) * WIDTH)
#define IS_LEADER(p)  ((p) % WIDTH == 0)
#define IS_THERE(p)   (life[p] != GONE)
#define LIVES(p)      (life[p] == BOOTING || life[p] == UP || life[p] == STUCK || life[p] == HUNG)
#define IS_SERVING(p) (life[p] == UP && line[p] != UNJOINED && role[p] == SERVES)
/* Every lifeline is cut when the launcher dies. */
#define IS_CUT(p)     (line[p] == CUT || (line[p] == JOINED && !alive))
#define IS_TALKING(p) (life[p] == UP && line[p] == JOINED && alive)

#if WIDTH == 1
#define ANY_OF(s, what)  what(LEADER(s))
#define ALL_OF(s, what)  what(LEADER(s))
#define EACH_OF(s, what) what(LEADER(s))
#else
#define ANY_OF(s, what)  (what(LEADER(s)) || what(LEADER(s) + 1))
#define ALL_OF(s, what)  (what(LEADER(s)) && what(LEADER(s) + 1))
#define EACH_OF(s, what) what(LEADER(s)); what(LEADER(s) + 1)
#endif
#define ANY_SLOT(what)   (what(0) || what(1) || what(2))

/* aet_word_role() */
#define ROLE_OF(n) \
	(n == word_serving -> \
		(phase == OPEN -> SERVES : (phase == GATED -> HOLDS : \
			(phase == LOADING -> PARKS : DRAINS))) : \
		(n == word_candidate -> PARKS : (n < word_serving -> DRAINS : ABORTED)))

inline set_word(new_phase, new_serving, new_candidate)
{
	phase = new_phase;
	word_serving = new_serving;
	word_candidate = new_candidate;
	undone = false;
	for (at : 0 .. PROCESSES - 1) {
		current[at] = false
	}
}

/* aet_page_abort() */
inline abort_word(by_process)
{
	if
	:: word_candidate != 0 || phase == LOADING ->
		set_word(OPEN, word_serving, 0);
		undone = by_process
	:: else
	fi
}

/* Nothing is kept of what is gone: it would only make states differ. */
inline clear_slot(s)
{
	if
	:: !ANY_OF(s, IS_THERE) && s != serving && s != candidate ->
		number[s] = 0;
		draining[s] = false;
		ending[s] = false;
		termed[s] = false;
		is_ready[s] = false;
		frozen[s] = false;
		taken[s] = false
	:: else
	fi
}

/* The launcher hears of a leader that it has in hand. A generation without its leader is ended. */
inline die(p)
{
	life[p] = (alive && IS_LEADER(p) && (SLOT(p) == serving || SLOT(p) == candidate) ->
		DEAD : GONE);
	role[p] = ABORTED;
	line[p] = UNJOINED;
	current[p] = false;
	if
	:: IS_LEADER(p) ->
		draining[SLOT(p)] = false;
		frozen[SLOT(p)] = false;
		ending[SLOT(p)] = ending[SLOT(p)] || (alive && life[p] == GONE);
		if
		:: connection == SLOT(p) -> connection = CLOSED
		:: else
		fi;
		if
		:: task_slot == SLOT(p) && (task == DUMPING || task == TAKING) -> task = IDLE
		:: else
		fi
	:: else
	fi;
	clear_slot(SLOT(p))
}

#define KILL(p) if :: LIVES(p) -> die(p) :: else fi
