/*
 * The swap as one value: its state, its goal, the serving generation, the candidate, what was
 * requested meanwhile, and the result of the last one. table.def has its life; machine.c alone
 * assigns the state; actions change the rest. A swap, dry run or snapshot in progress is "in hand".
 */
#ifndef AET_SWAP_H
#define AET_SWAP_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "process/generation.h"
#include "process/member.h"

#define AET_SWAP_STATES(X)                                                                         \
	X(FINISH) /* one swap is over: what comes next? */                                         \
	X(SERVE) /* no swap is in progress */                                                      \
	X(CHECK) /* the file and the program were inspected */                                     \
	X(BOOT) /* the candidate starts beside the serving generation */                           \
	X(SETTLE) /* with state: waits for a moment with no requests in flight */                  \
	X(GATE) /* the serving generation is being gated */                                        \
	X(QUIET) /* with state: it is gated, and finishes what is in flight */                     \
	X(DUMP) /* it writes its state */                                                          \
	X(LOAD) /* the candidate reads that state */                                               \
	X(ECHO) /* a dry run: the candidate writes what it has loaded */                           \
	X(DECIDE) /* the compare-and-swap on the phase word */                                     \
	X(COPY) /* a snapshot: the program serves on, a copy of it writes its state */             \
	X(YIELD) /* overlap: false: the old generation gives its connections away */               \
	X(END_OLD) /* overlap: false: the old generation was sent TERM */                          \
	X(START) /* a generation boots with nobody beside it */                                    \
	X(RESTORE) /* it loads the kept state before it serves */                                  \
	X(PROOF) /* committed: `reload` gets its answer soon */                                    \
	X(PROBATION) /* committed: until the new generation has lasted ready_after */              \
	X(DOWN) /* nobody serves until the next start */                                           \
	X(STOPPING) /* the launcher ends with the program's last process */

#define AET_SWAP_EVENTS(X)                                                                         \
	X(NONE)                                                                                    \
	X(REQUEST) /* HUP, reload */                                                               \
	X(TRY) /* check --dry-run */                                                               \
	X(SNAPSHOT) /* USR2, snapshot */                                                           \
	X(DUE) /* snapshot_every has passed, and no request is in flight */                        \
	X(STOP) /* TERM, INT, QUIT, stop */                                                        \
	X(CHECKED) /* the request can go on */                                                     \
	X(REFUSED) /* it cannot: the cause is set */                                               \
	X(READY) /* the generation that starts is ready (ready.h) */                               \
	X(GATED) /* every member of the serving generation is gated */                             \
	X(CALM) /* no request is in flight, and nothing else to wait for */                        \
	X(COPIED) /* a snapshot: the processes may go on, copies of them write */                  \
	X(DUMPED) /* the state is whole and sealed */                                              \
	X(LOADED) /* every process that takes state has it */                                      \
	X(FAILED) /* the state cannot be dumped or loaded: the cause is set */                     \
	X(DECIDED) /* the phase word names the new generation */                                   \
	X(UNDONE) /* a process changed the phase word, or cannot be gated: the cause is set */     \
	X(CANDIDATE_LOST) /* it exited, was killed or could not be executed: the cause is set */   \
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
	AET_GOAL_DRY_RUN, /* to find out whether that would succeed */
	AET_GOAL_SNAPSHOT, /* to keep a copy of its state */
};

/* A stop that takes a snapshot first. */
enum aet_swap_stop {
	AET_STOP_NONE,
	AET_STOP_DUMPS, /* remembered: the snapshot begins next */
	AET_STOP_NOW, /* it has begun, or is over */
};

#define AET_SWAP_REASON 24
#define AET_SWAP_DETAIL 192

/* The detail where state is configured, and nobody has it. */
#define AET_UNCLAIMED                                                                              \
	"handoff.state is set, and no process of the program has taken it up: none has such a "    \
	"module (go on without: reload --discard-state)"

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
	char note[AET_SWAP_DETAIL]; /* committed: what `reload` says all the same */
	uint32_t generation;
	uint64_t word; /* the phase word, as the commit left it */
	uint64_t ended_us;
	double boot_ms; /* these three: below 0: not known */
	double pause_ms;
	double total_ms;
	uint64_t state_bytes;
	bool with_state;
	unsigned answers_cut; /* under way when the state was dumped (on_busy) */
	unsigned
		answers_lost; /* of a version that died on probation: what serves on has not seen them */
	unsigned connections_lost; /* it had taken them over */
	unsigned answers_drained; /* the same, but the old generation finished them */
};

struct aet_swap {
	enum aet_swap_state state;
	enum aet_swap_goal goal;
	enum aet_swap_event inner; /* posted by an action; NONE: nothing is */
	struct aet_swap_cause cause;
	struct aet_config *next_config; /* becomes the service's at the commit; NULL: none */
	struct aet_generation *serving; /* NULL: nobody */
	struct aet_generation *candidate; /* NULL: nobody */
	uint32_t last_number; /* of the newest generation */
	bool candidate_is_static; /* as CHECK found it */
	bool candidate_is_exclusive; /* it takes a lock or a PID file, as its name says */

	bool remembers_request; /* these three: requested while something else was in hand */
	bool remembers_try;
	bool remembers_snapshot;

	enum aet_swap_stop stop;
	bool is_due; /* the snapshot is that of snapshot_every */
	unsigned skipped; /* ... in a row that were not taken */
	bool is_mourning; /* the serving generation died, and FINISH has not handled that yet */
	bool hands_over; /* state travels */
	bool loses_state; /* the serving generation has some, and the candidate takes none */
	bool is_busy; /* it was dumped with requests in flight: on_busy */
	bool is_drained; /* the old generation finishes what is in flight after the commit */
	bool is_merged; /* and what they write is merged into the new generation's state */
	struct aet_busy_count left; /* in flight when the state was dumped */

	bool awaits_state; /* the generation that starts loads the kept state before it serves */
	bool is_loading; /* the launcher has requested that load */
	bool was_ever_ready; /* some generation was, so the next one must be within its timeout */
	unsigned failures; /* starts in a row that did not last: the back-off */
	uint64_t restart_due_ms;
	uint64_t loaded_ms; /* when the serving one had loaded kept state; 0: it started without */
	bool has_cause; /* the cause says why the starting one was killed or not executed */
	uint64_t proven_ms; /* when the probation of the serving one ends; 0: it has ended */

	uint64_t requested_us;
	uint64_t ready_us; /* 0: not yet */
	uint64_t gated_us;

	unsigned committed;
	unsigned rolled_back;
	struct aet_last_swap last;
	unsigned moved; /* connections since the last commit that moved to the serving generation */
	unsigned closed; /* ... that closed at a boundary */
	unsigned stayed; /* ... that could not leave */
};

extern struct aet_swap aet_swap;

/* The configuration of the swap in hand: the next one if there is one, else the committed one. */
const struct aet_config *aet_swap_config(void);

/* Called by an action: the machine dispatches the event next. Only the first one posted counts. */
void aet_swap_post(enum aet_swap_event event);

/* detail is copied; NULL is fine. reason is a literal. */
void aet_swap_set_cause(const char *reason, const char *detail);

/* Sets the cause and posts the event. */
void aet_swap_fail(enum aet_swap_event event, const char *reason, const char *detail);

/* Makes the next configuration the service's, or frees it. */
void aet_swap_take_config(void);
void aet_swap_drop_config(void);

/* Records the result as the last swap; generation: the new one's number. */
void aet_swap_record(bool committed, const char *reason, const char *detail, uint32_t generation);

/* Clears the swap in hand: goal, candidate and handover. */
void aet_swap_end(void);

#endif
