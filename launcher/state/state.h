/*
 * The state on its way: dumped by the processes of one generation, kept by the launcher, loaded by
 * those of the next. The n-th process loads what the n-th process of the other generation dumped.
 */
#ifndef AET_STATE_H
#define AET_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"

struct aet_generation;
struct aet_state_set;

/* How many processes of the generation dump, or load. */
unsigned aet_state_dumpers(const struct aet_generation *generation);
unsigned aet_state_loaders(const struct aet_generation *generation);

/* How many processes the current state is from. */
unsigned aet_state_pieces(void);

/* What was dumped, and its echo: valid until aet_state_drop(). */
const struct aet_state_set *aet_state_dumped(void);
const struct aet_state_set *aet_state_echoed(void);

/* Prepares memory for what the generation will dump, and asks for its size if that is not known. */
void aet_state_prepare(const struct aet_generation *from, enum aet_mechanism mechanism);

/* The same for a snapshot: a copy writes it, and nobody waits for its memory. */
void aet_state_prepare_copy(const struct aet_generation *from, enum aet_mechanism mechanism);

/* Publishes a step that no set belongs to, for processes that serve: its serial. Whatever was
 * published before is asked no more. */
uint32_t aet_state_ask(uint32_t step, uint32_t generation);

/* A process estimated the size of its state, which it has never dumped. aet_state_ask_again() wakes
 * processes that have not answered because they made no blocking system call. */
void aet_state_size_reported(const struct aet_generation *from, uint32_t slot, uint64_t bytes);
void aet_state_ask_again(const struct aet_generation *from);

/* About how many bytes the generation that was prepared for will dump; 0: nobody knows. */
uint64_t aet_state_estimate(void);

/*
 * Publishes the step; 0; -ESRCH: the processes have changed; -EBUSY: one is in the middle of a merge.
 * Facts report the rest: DUMPED, COPIED (a snapshot: the processes may go on), LOADED, STATE_FAILED.
 * flags: AETERNA_COMPARE, ... A load takes what was dumped, or else what is kept; it fails if a
 * section finds no place, unless keeps_missing: then the process holds it. The echo is a dump by the
 * processes that have just loaded, for a dry run alone.
 */
int aet_state_begin_dump(const struct aet_generation *from, uint32_t flags);

/* The copies have all they need: a process that comes now is not asked. */
void aet_state_let_go(void);

int aet_state_begin_echo(const struct aet_generation *from, enum aet_mechanism mechanism);
int aet_state_begin_load(const struct aet_generation *into, bool keeps_missing);

/* Whether a process has not requested its piece yet; and wakes such processes. */
bool aet_state_is_awaited(void);
void aet_state_nudge(void);

/* Every process has loaded its piece. */
bool aet_state_is_loaded(void);

/* The launcher has waited for pid: true when that was a copy that writes a snapshot. A copy that has
 * ended without a report fails the step, at one of the looks. */
bool aet_state_copy_reaped(pid_t pid);
void aet_state_look_at_copies(void);

/* A process left: fails the step if the process had a part in it, loaded or not. */
void aet_state_member_left(uint32_t slot);

/* Ends the step; keeps what was dumped for the next start after a crash, or closes it. */
void aet_state_keep(bool is_snapshot);
void aet_state_drop(void);

/* Ends a load by a generation that has no predecessor left: keeps a dumped state. */
void aet_state_end_load(void);

/* The kept state. */
bool aet_state_is_kept(void);
const struct aet_state_set *aet_state_kept(void);
bool aet_state_is_snapshot(void);
unsigned aet_state_kept_pieces(void); /* as many processes take it */
uint64_t aet_state_kept_bytes(void);
uint64_t aet_state_kept_age_us(void);

/* A restore with nobody to dump: what it chose becomes the kept state, and the former one is set
 * aside. Nothing chosen: does nothing. */
void aet_state_adopt_chosen(void);

/* The kept state is that of a swap, whose new version has not lasted for ready_after: nothing else
 * has it. Once it has, only a snapshot stays. */
bool aet_state_is_sealed(void);
void aet_state_prove(void);

/* A version did not load the kept state, or died of it: it is kept no more. */
void aet_state_set_aside(const char *why);

/* Keeps a snapshot that was read from a file; the set is empty afterwards. */
void aet_state_take_snapshot(struct aet_state_set *set);

/* Bytes dumped in this step; 0 until the dump is complete. */
uint64_t aet_state_bytes(void);

#endif
