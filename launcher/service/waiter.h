/*
 * Waiters: commands that requested a swap, a dry run, a snapshot or the stop, until they get their
 * answer. The first run of its kind that begins after the request answers a waiter, and no other.
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
	AET_WAITER_RESTORE,
	AET_WAITER_DESCRIBE,
	AET_WAITER_STOP,
	AET_WAITER_KINDS,
};

struct aet_answer {
	int exit_code;
	const char *line;
	void (*print)(FILE *out, bool json); /* NULL: the line is all */
};

struct aet_waiter;
typedef void aet_waiter_fn(struct aet_waiter *waiter, const struct aet_answer *answer);

/* Embedded in its owner, which keeps it until it is answered or removed. */
struct aet_waiter {
	enum aet_waiter_kind kind;
	uint64_t run; /* the first run that answers it */
	aet_waiter_fn *answer; /* NULL: it does not wait */
	struct aet_waiter *next; /* waiter.c: waiters */
};

void aet_waiter_add(struct aet_waiter *waiter, enum aet_waiter_kind kind, aet_waiter_fn *answer);

/* Harmless if it does not wait. */
void aet_waiter_remove(struct aet_waiter *waiter);

/* A run of this kind begins: it will answer all present waiters. */
void aet_waiters_begin(enum aet_waiter_kind kind);

/* The run is given up, to begin again later: that one will answer all present waiters. */
void aet_waiters_retry(enum aet_waiter_kind kind);

/* The run is over: answers its waiters, each once, and removes them. */
void aet_waiters_answer(enum aet_waiter_kind kind, const struct aet_answer *answer);

/* The run that began last; and answers the waiters of the runs up to one. */
uint64_t aet_waiters_run(enum aet_waiter_kind kind);
void aet_waiters_answer_up_to(
	enum aet_waiter_kind kind, uint64_t run, const struct aet_answer *answer);

/* No run will begin for the waiters that have none yet: answers and removes them. */
void aet_waiters_refuse(enum aet_waiter_kind kind, const struct aet_answer *answer);

#endif
