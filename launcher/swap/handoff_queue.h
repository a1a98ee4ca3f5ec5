/*
 * Connections on their way from one generation to the next. The launcher holds the ends of each
 * listener's handoff queue, so that what is in it outlives every process; it never takes anything out. It
 * tells the takers to look, counts what moved, and says what becomes of connections (phase.h).
 */
#ifndef AET_QUEUE_H
#define AET_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct aet_generation;
struct aet_listener;
struct aet_member;
struct aet_moved;

/* The ends of the handoff queue, made on the first call: 0, or -errno. They stay the launcher's. */
int aet_queue_ends(struct aet_listener *listener, int *ret_give, int *ret_take);

/* A swap begins: the new generation is told how many connections it may get. */
void aet_queue_expect(void);

/* generation serves next, or again: its listeners may take what the others give up. */
void aet_queue_open_to(const struct aet_generation *generation, bool is_commit);

/* Connections left a process: they are the serving generation's business now. */
void aet_queue_moved(const struct aet_member *member, const struct aet_moved *note);

/* Connections of a replaced process could not leave. */
void aet_queue_stayed(const struct aet_member *member, uint32_t listener, uint32_t count);

/* Makes the serving generation take what is in the handoff queues, until they are empty. */
void aet_queue_wake(void);

#endif
