/*
 * The swap as one value: its state, what it is for, who serves, who is the candidate, what was asked
 * for meanwhile, and how the last one went. table.def has its life; machine.c alone assigns the
 * state; actions change the rest.
 */
#ifndef AET_SWAP_H
#define AET_SWAP_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "process/generation.h"
#include "process/member.h"

#define AET_SWAP_STATES(X)                                                                         \
	X(FINISH) /* one swap is over: what comes next is decided */                               \
	X(SERVE) /* nothing is in hand */                                                          \
	X(CHECK) /* the file and the program were looked at */                                     \
	X(BOOT) /* the candidate starts beside the serving generation */                           \
	X(SETTLE) /* with state: a moment without a request in flight is awaited */                \
	X(GATE) /* the serving generation is being shut */                                         \
	X(QUIET) /* with state: it is shut, and finishes what is in flight */                      \
	X(DUMP) /* its state is written */                                                         \
	X(LOAD) /* and read by the candidate */                                                    \
	X(ECHO) /* a dry run: the candidate writes what it has read */                             \
	X(DECIDE) /* the one instant: the compare-and-swap on the phase word */                    \
	X(YIELD) /* overlap: false: the old generation gives up what it has */                     \
	X(END_OLD) /* overlap: false: it was told to end */                                        \
	X(START) /* a generation boots with nobody beside it */                                    \
	X(RESTORE) /* and loads the state that is kept, before it serves */                        \
	X(PROOF) /* committed: `reload` is answered soon */                                        \
	X(PROBATION) /* committed: until the new generation has lasted ready_after */              \
	X(DOWN) /* nobody serves until the next try */                                             \
	X(STOPPING) /* the launcher ends with the program's last process */

#define AET_SWAP_EVENTS(X)                                                                         \
	X(NONE)                                                                                    \
	X(REQUEST) /* HUP, reload */                                                               \
	X(TRY) /* check --dry-run */                                                               \
	X(SNAPSHOT) /* USR2, snapshot */                                                           \
	X(STOP) /* TERM, INT, QUIT, stop */                                                        \
	X(CHECKED) /* nothing is in the way of it */                                               \
	X(REFUSED) /* something is: the cause is set */                                            \
	X(READY) /* the generation that starts wants every listener */                             \
	X(GATED) /* every process of the serving generation is shut */                             \
	X(CALM) /* no request is in flight, and nobody else has to be waited for */                \
	X(DUMPED) /* the state is whole and sealed */                                              \
	X(LOADED) /* every process that takes state has it */                                      \
	X(FAILED) /* it cannot be dumped or loaded: the cause is set */                            \
	X(DECIDED) /* the phase word names the new generation */                                   \
	X(UNDONE) /* the phase word is not what the launcher wrote: the cause is set */            \
	X(CANDIDATE_LOST) /* it exited, was killed, could not be executed: the cause is set */     \
	X(SERVING_LOST) /* the serving generation's first process is gone */                       \
	X(TIMEOUT) /* the state lasts too long */                                                  \
	X(DONE) /* FINISH was entered */

enum aet_swap_state {
#define X(name) AET_SWAP_##name,
	AET_SWAP_STATES(X)
#undef X
		AET_SWAP_STATE_COUNT,
};

enum aet_swap_event {
#define X(name) AET_EVENT_##name,
	AET_SWAP_EVENTS(X)
#undef X
		AET_EVENT_COUNT,
};

enum aet_swap_goal {
	AET_GOAL_NONE, /* to keep one generation serving */
	AET_GOAL_COMMIT, /* to replace it */
	AET_GOAL_REPLACE, /* the same with overlap: false */
	AET_GOAL_DRY_RUN, /* to see whether that would go well */
	AET_GOAL_SNAPSHOT, /* to keep a copy of its state */
};

#define AET_SWAP_REASON 24
#define AET_SWAP_DETAIL 192

/* Why the swap in hand fails, for the action that undoes it. */
struct aet_swap_cause {
	const char *reason; /* a literal */
	char detail[AET_SWAP_DETAIL];
};

struct aet_last_swap {
	bool known;
	bool committed;
	char reason[AET_SWAP_REASON];
	char detail[AET_SWAP_DETAIL];
	uint32_t generation;
	uint64_t word; /* of the page, as the commit left it */
	uint64_t ended_us;
	double boot_ms; /* below 0: not known */
	double pause_ms;
	double total_ms;
	uint64_t state_bytes;
	bool with_state;
	unsigned answers_cut; /* under way when the state was dumped (on_busy), */
	unsigned answers_drained; /* or told to their end, and what they write is lost */
};

struct aet_swap {
	enum aet_swap_state state;
	enum aet_swap_goal goal;
	enum aet_swap_event inner; /* posted by an action; NONE: nothing is */
	struct aet_swap_cause cause;
	struct aet_config *next_config; /* becomes the service's at the commit; NULL: none */
	struct aet_generation *serving; /* NULL: nobody */
	struct aet_generation *candidate; /* NULL: nobody */
	uint32_t last_number; /* of a generation */
	bool candidate_is_static; /* as the check found it */

	bool remembers_request; /* asked for while something else was in hand */
	bool remembers_try;
	bool remembers_snapshot;

	bool is_mourning; /* the serving generation died, and that is not seen to yet */
	bool hands_over; /* state travels */
	bool loses_state; /* the serving generation has some, and the candidate takes none */
	bool is_busy; /* and not all answers were waited for: on_busy */
	bool is_drained; /* the old generation goes on after the commit, with what is in flight */
	struct aet_busy_count left; /* in flight when the state was dumped */

	bool awaits_state; /* the generation that starts loads the kept state before it serves */
	bool is_loading; /* it was asked to */
	bool was_ever_ready; /* some generation was: the next one can be expected to be */
	unsigned failures; /* starts in a row that did not last: the back-off */
	uint64_t restart_due_ms;
	uint64_t loaded_ms; /* when the serving one had the kept state; 0: it started without */
	bool has_cause; /* the starting one is killed, or could not be executed, for the cause */
	uint64_t proven_ms; /* when the serving one will have lasted; 0: it has */

	uint64_t requested_us;
	uint64_t ready_us; /* 0: not yet */
	uint64_t gated_us;

	unsigned committed;
	unsigned rolled_back;
	struct aet_last_swap last;
	unsigned moved; /* connections since the last commit: went to the serving generation, */
	unsigned closed; /* were closed at a boundary, */
	unsigned stayed; /* could not leave */
};

extern struct aet_swap aet_swap;

/* The configuration of what is in hand: the next one, else the one that is committed. */
const struct aet_config *aet_swap_config(void);

/* From an action: dispatched before anything else. The first one posted counts. */
void aet_swap_post(enum aet_swap_event event);

/* detail is copied; NULL is fine. reason is a literal. */
void aet_swap_set_cause(const char *reason, const char *detail);

/* Sets the cause and posts the event that it is about. */
void aet_swap_fail(enum aet_swap_event event, const char *reason, const char *detail);

/* The new configuration is the service's, or is dropped. */
void aet_swap_take_config(void);
void aet_swap_drop_config(void);

/* How it went, for whoever asks for the last swap; generation: the new one's number. */
void aet_swap_record(bool committed, const char *reason, const char *detail, uint32_t generation);

/* Nothing is in hand any more: goal, candidate and hand-over are as before. */
void aet_swap_end(void);

#endif
