/*
 * A generation: one run of the program with all its processes, from spawn to the last of them.
 */
#ifndef AET_GENERATION_H
#define AET_GENERATION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"
#include "base/inodes.h"
#include "base/loop.h"
#include "process/tree.h"

#define AET_DRAINING_MAX                                                                           \
	4 /* older generations alive beside the serving one; one more stops the oldest */
#define AET_GENERATIONS_MAX (AET_DRAINING_MAX + 2)

enum aet_generation_state {
	AET_GENERATION_FREE,
	AET_GENERATION_ALIVE, /* serving or candidate: the phase word says which */
	AET_GENERATION_DRAINING, /* replaced; finishes what it has */
	AET_GENERATION_STOPPING, /* was told to end */
	AET_GENERATION_KILLED, /* was sent KILL */
};

/* How it is brought to its end (process/ending.h). */
struct aet_ending {
	uint64_t asked_ms; /* when its first process was told; 0: it was not */
	uint64_t limit_ms; /* from then to KILL */
	bool told_rest;
	bool told_detached;
};

struct aet_generation {
	enum aet_generation_state state;
	uint32_t number;
	pid_t pid; /* the first process; 0 once it was reaped */
	pid_t group;
	bool running; /* exec succeeded */
	bool main_gone; /* the first process ended */
	bool has_joined; /* a process of it has or had a lifeline */
	bool is_static; /* cannot be interposed: neither parked nor gated */
	bool reaches_old; /* its processes may connect to what it has not bound */
	bool follows; /* its processes load the library that follows connections */
	bool is_warned; /* the log says that it has state but does not follow connections */
	bool is_frozen; /* replaced, and unchanged since its dump: it may serve again (swap/frozen.h) */
	bool handed_over; /* its successor has its state: it may not save its state any more */
	bool close_requested; /* drain_timeout is over: it closes connections at their boundary */
	int status; /* wait status of the first process */
	int exec_error; /* errno of its exec; 0: it succeeded, or is not known yet */
	uint64_t born_ms;
	uint64_t replaced_ms; /* when its successor was committed */
	uint64_t forced_ms; /* when it was asked for what it owes although it answers; 0: not yet */
	uint64_t gone_ms; /* when the first process ended */
	struct aet_ending ending;
	int notify_fd; /* NOTIFY_SOCKET of this generation; -1 */
	bool notified; /* READY=1 came */
	bool was_ready; /* it served at least once */
	uint64_t counted_us; /* when that count began */
	unsigned draining; /* connections left, at the last count */
	struct aet_inode_set old; /* sockets it had accepted when it was replaced */
	bool old_known; /* the set above is complete */
	struct aet_source notify_source;
	struct aet_source exec_source; /* the pipe that reports how exec went */
	struct aet_timer timer; /* drain, then stop, then kill */
};

extern struct aet_generation aet_generations[AET_GENERATIONS_MAX];

#define AET_FOREACH_GENERATION(g)                                                                  \
	for (struct aet_generation *g = aet_generations;                                           \
		g < aet_generations + AET_GENERATIONS_MAX; g++)                                    \
		if (g->state != AET_GENERATION_FREE)

struct aet_generation *aet_generation_get(uint32_t number);
struct aet_generation *aet_generation_by_pid(pid_t pid);

/* It is neither gone nor given up: what its processes said before they were killed, and is read only
 * now, counts no more. */
bool aet_generation_counts(uint32_t number);

/*
 * Starts the program of config as generation number, with the kept listeners as FD 3, 4, ...:
 * placeholders when it has to wait, the real ones when it serves at once or is static. 0 with
 * *ret_generation, or -errno. A later fact reports how exec went.
 */
int aet_generation_start(const struct aet_config *config, uint32_t number, bool parked,
	bool is_static, struct aet_generation **ret_generation);

/* Sends a signal to every process of it that can be found. Returns their number. */
int aet_generation_signal(const struct aet_generation *generation, int signal);

/* Calls visit (may be NULL) for each live process of it: the descendants of its first process, its
 * process group, and the processes with a lifeline for it; with service.keep_children not the
 * detached ones of a generation that has served. Returns their number. */
int aet_generation_visit(
	const struct aet_generation *generation, aet_tree_visit_fn *visit, void *data);

/* Whether its first process is its only one; false as well where that takes a look at all of /proc. */
bool aet_generation_is_single(const struct aet_generation *generation);

/* The process, one of the generation, has a session of its own and does not serve. */
bool aet_generation_has_detached(const struct aet_generation *generation, pid_t pid);

/* The launcher has waited for its first process. */
void aet_generation_reaped(struct aet_generation *generation, int status);

/* True while any process of it lives. */
bool aet_generation_is_alive(const struct aet_generation *generation);

/* Frees it if none of its processes is left; harmless otherwise. */
void aet_generation_bury_if_gone(struct aet_generation *generation);

#endif
