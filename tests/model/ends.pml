/*
 * What is true when a run has ended, and at the instant at which the launcher dies.
 */

bool excused; /* the serving generation and the launcher died together */

#define NAMED(s)        (number[s] == word_serving)
#define IS_NAMED(s)     (NAMED(s) && (LIVES(LEADER(s)) || life[LEADER(s)] == DEAD))
#define NAMED_LIVES(s)  (NAMED(s) && LIVES(LEADER(s)))
#define NAMED_IS_UP(s)  (NAMED(s) && life[LEADER(s)] == UP)
#define SERVES_ON(s)    ANY_OF(s, IS_SERVING)
/* A process that lost its lifeline long before does not look at the word any more: README.md. */
#ifdef KNOWN_LIMITS
#define IS_CURRENT(p)   IS_SERVING(p)
#else
#define IS_CURRENT(p)   (IS_SERVING(p) && current[p])
#endif
#define SERVES_NOW(s)   ANY_OF(s, IS_CURRENT)
#define IS_WAITING(p)   (life[p] == UP && (role[p] == HOLDS || role[p] == PARKS))
#define WAITS_ON(s)     ANY_OF(s, IS_WAITING)
#define STAYS_FROZEN(p) (life[p] == UP && frozen[SLOT(p)] && role[p] == DRAINS)
#define IS_LEFT_FROZEN(s) ANY_OF(s, STAYS_FROZEN)

/* Between two events: a generation of which the launcher has seen the end is not named in the word
 * while another one could serve. */
#define IS_IN_HAND(s) (s != NO_SLOT && LIVES(LEADER(s)))

inline end_launcher()
{
	word_names_a_dead_generation = inner == NO_EVENT && !stopping && !ANY_SLOT(IS_NAMED) &&
		(IS_IN_HAND(serving) || IS_IN_HAND(candidate) || G_has_predecessor);
	assert(!word_names_a_dead_generation);
	excused = !ANY_SLOT(NAMED_LIVES);
	printf("the launcher dies\n");
	alive = false;
	inner = NO_EVENT
}

/* The first generation of all may take as long as it likes, and a snapshot waits for it. */
#define FIRST_HANGS \
	(alive && state == S_START && G_is_first && !G_is_awaited && life[LEADER(serving)] == STUCK)

/* The launcher is at rest: nothing is in hand or remembered, and somebody serves. A program that
 * hangs while it serves is left alone. */
inline check_rest()
{
	launcher_waits_for_ever = state != S_SERVE && !FIRST_HANGS || inner != NO_EVENT ||
		candidate != NO_SLOT || phase != OPEN || word_candidate != 0 ||
		ANY_SLOT(IS_FROZEN);
	assert(!launcher_waits_for_ever);
	request_is_forgotten = owed || remembers_request;
	assert(!request_is_forgotten);
	kept_state_is_never_forgotten = kept == BY_COMMIT && state == S_SERVE;
	assert(!kept_state_is_never_forgotten);
	nobody_serves_for_ever = !ANY_SLOT(SERVES_ON) && !FIRST_HANGS &&
		!(life[LEADER(serving)] == HUNG && is_ready[serving]);
	assert(!nobody_serves_for_ever)
}

inline check_alone()
{
	nobody_serves_for_ever = !excused && ANY_SLOT(NAMED_IS_UP) && !ANY_SLOT(SERVES_ON);
	assert(!nobody_serves_for_ever);
	process_is_parked_for_ever = ANY_SLOT(WAITS_ON) || ANY_SLOT(IS_LEFT_FROZEN);
	assert(!process_is_parked_for_ever)
}

inline check_all()
{
	two_generations_serve = SERVES_NOW(0) + SERVES_NOW(1) + SERVES_NOW(2) > 1;
	assert(!two_generations_serve);
	connection_has_no_owner = connection == QUEUED && ANY_SLOT(SERVES_ON);
	assert(!connection_has_no_owner);
	client_is_never_answered = alive && (stop_waits && !ended || now[FOR_RELOAD] > 0 ||
		now[FOR_TRY] > 0 || now[FOR_SNAPSHOT] > 0 || later[FOR_RELOAD] > 0 ||
		later[FOR_TRY] > 0 || later[FOR_SNAPSHOT] > 0 && !FIRST_HANGS);
	assert(!client_is_never_answered)
}

proctype watcher()
{
end:	timeout ->
	d_step {
		printf("the run has ended\n");
		if
		:: alive && !ended -> check_rest()
		:: !alive -> check_alone()
		:: ended
		fi;
		check_all()
	}
}
