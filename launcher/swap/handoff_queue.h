/*
 * Connections on their way from one generation to the next. The launcher holds both ends of each
 * listener's handoff queue, so that its content outlives every process; it never takes anything
 * out. It wakes the processes that take, counts what moved, and writes into the page what becomes
 * of connections (phase.h).
 */
#ifndef AET_QUEUE_H
#define AET_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct aet_generation;
struct aet_listener;
struct aet_member;
struct aet_moved;

/* Both ends of the handoff queue, made on the first call: 0, or -errno. The launcher owns them. */
int aet_queue_ends(struct aet_listener *listener, int *ret_give, int *ret_take);

/* A swap begins: writes into the page how many connections the candidate may get. */
void aet_queue_expect(void);

/* generation serves next, or again: opens the handoff queues of its listeners to it. is_commit: the
 * next configuration says what becomes of connections. */
void aet_queue_open_to(const struct aet_generation *generation, bool is_commit);

/* Before the commit of a swap without state: one connection goes ahead of the others, until the
 * candidate has answered a request. */
void aet_queue_begin_trial(void);

/* A process reported that connections left it. */
void aet_queue_moved(const struct aet_member *member, const struct aet_moved *note);

/* A process reported connections that could not leave. */
void aet_queue_stayed(const struct aet_member *member, uint32_t listener, uint32_t count);

/* Wakes the serving generation until the handoff queues are empty. */
void aet_queue_wake(void);

#endif
