/*
 * The state on its way: out of the processes of one generation, kept by the launcher, into those
 * of the next. The n-th process dumps what the n-th of the other generation loads.
 */
#ifndef AET_STATE_H
#define AET_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

struct aet_generation;
struct aet_state_set;

/* How many processes of the generation dump, or load. */
unsigned aet_state_dumpers(const struct aet_generation *generation);
unsigned aet_state_loaders(const struct aet_generation *generation);

/* Of how many processes the state in hand is. */
unsigned aet_state_pieces(void);

/* What was dumped, and what its echo is: valid until the state is dropped. */
const struct aet_state_set *aet_state_dumped(void);
const struct aet_state_set *aet_state_echoed(void);

/* Makes memory for what the generation will dump, while there is time. */
void aet_state_prepare(const struct aet_generation *from, enum aet_mechanism mechanism);

/* About how large a state is that was never dumped: its process was asked when memory for it was to
 * be made. One that came to no blocking system call is woken again. */
void aet_state_size_reported(const struct aet_generation *from, uint32_t slot, uint64_t bytes);
void aet_state_ask_again(const struct aet_generation *from);

/*
 * Publishes the step; 0, or -ESRCH: the processes have changed. Facts tell the rest: DUMPED,
 * LOADED, STATE_FAILED. What is loaded is what was dumped, or else what is kept. The echo is a
 * dump of those that have just loaded, for a dry run alone.
 */
int aet_state_begin_dump(const struct aet_generation *from, bool is_compared);
int aet_state_begin_echo(const struct aet_generation *from, enum aet_mechanism mechanism);
int aet_state_begin_load(const struct aet_generation *into);

/* Somebody has not come for its piece yet; it is woken. */
bool aet_state_is_awaited(void);
void aet_state_nudge(void);

/* A process left: if it was its turn, it will not come, and what it had loaded went with it. */
void aet_state_member_left(uint32_t slot);

/* The step is over; what was dumped is kept for the next start after a crash, or closed. */
void aet_state_keep(bool is_snapshot);
void aet_state_drop(void);

/* The step was a load by a generation that nobody can replace: a dumped state is kept. */
void aet_state_end_load(void);

/* What is kept. */
bool aet_state_is_kept(void);
bool aet_state_is_snapshot(void);
uint64_t aet_state_kept_bytes(void);
uint64_t aet_state_kept_age_us(void);
void aet_state_forget(void);

/* Bytes dumped in the step in hand; 0 before they are whole. */
uint64_t aet_state_bytes(void);

#endif
