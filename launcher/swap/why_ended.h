/*
 * Why a generation that starts did not come to serve, as the cause of the swap in hand: its exit, or
 * that of the processes that were to serve, with its last words.
 */
#ifndef AET_WHY_ENDED_H
#define AET_WHY_ENDED_H

#include <stdbool.h>

struct aet_generation;

/* Its first process has ended before it was ready. */
void aet_why_ended_exited(const struct aet_generation *generation);

/* True, with the cause set, if the processes that were to serve end and nothing else will come. */
bool aet_why_ended_is_stillborn(const struct aet_generation *candidate);

/* True where its first process has ended well and others of it live as those of daemon(3). */
bool aet_why_ended_in_background(const struct aet_generation *generation);

#endif
