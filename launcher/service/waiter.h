/*
 * Who waits for an answer: commands that asked for a swap, a dry run, a snapshot or the end. A waiter
 * is answered by the first run of its kind that begins after it asked, and by no other.
 */
#ifndef AET_WAITER_H
#define AET_WAITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum aet_waiter_kind {
	AET_WAITER_RELOAD,
	AET_WAITER_DRY_RUN,
	AET_WAITER_SNAPSHOT,
	AET_WAITER_STOP,
	AET_WAITER_KINDS,
};

struct aet_answer {
	int exit_code;
	const char *line;
	void (*print)(FILE *out, bool json); /* NULL: there is nothing beside the line */
};

struct aet_waiter;
typedef void aet_waiter_fn(struct aet_waiter *waiter, const struct aet_answer *answer);

/* Embedded in its owner, who keeps it until it is answered or removed. */
struct aet_waiter {
	enum aet_waiter_kind kind;
	uint64_t run; /* the first run that answers it */
	aet_waiter_fn *answer; /* NULL: it does not wait */
	struct aet_waiter *next; /* the list of those that wait */
};

void aet_waiter_add(struct aet_waiter *waiter, enum aet_waiter_kind kind, aet_waiter_fn *answer);

/* Harmless for one that does not wait. */
void aet_waiter_remove(struct aet_waiter *waiter);

/* A run of this kind begins: whoever asked so far is answered by it. */
void aet_waiters_begin(enum aet_waiter_kind kind);

/* The run is given up and begun anew later: whoever waits is answered by that one. */
void aet_waiters_retry(enum aet_waiter_kind kind);

/* The run is over: answers those it was for, each once, and forgets them. */
void aet_waiters_answer(enum aet_waiter_kind kind, const struct aet_answer *answer);

/* Nothing will be begun for them: answers those whom no run is for yet. */
void aet_waiters_refuse(enum aet_waiter_kind kind, const struct aet_answer *answer);

#endif
