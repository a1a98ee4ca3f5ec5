/*
 * The state in the launcher's keeping: one container (docs/state.md) for each process that has
 * some, on its way from the serving generation to the candidate. The n-th process dumps what the
 * n-th of the new generation loads.
 */
#ifndef AET_STATE_H
#define AET_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "aeterna/module.h"
#include "config.h"
#include "state_stream.h"

#define AET_STATE_PIECES_MAX 64

struct aet_message;
struct aet_generation;

struct aet_state_piece {
	int fd; /* the container; ours; -1: none yet */
	int fds[AETERNA_FDS_MAX]; /* what its rows name by number; ours */
	unsigned fd_count;
	uint64_t bytes; /* of the container and of the files beside it */
	uint64_t faulted; /* bytes of the memfd that are there already */
	uint32_t slot; /* of the process whose turn it is */
	bool asked; /* it came for it */
	bool done; /* it reported */
	struct aet_state_stream stream; /* pipe */
};

/* How many processes of the generation dump, or load. */
unsigned aet_state_dumpers(const struct aet_generation *generation);
unsigned aet_state_loaders(const struct aet_generation *generation);

/* Makes the memory and faults it in slices while the candidate boots. */
void aet_state_prepare(unsigned pieces, enum aet_mechanism mechanism);

/* Publishes the step; 0, or -errno. Events tell the rest: DUMPED, LOADED, STATE_FAILED. */
int aet_state_begin_dump(void);
int aet_state_begin_load(void);

/* Wakes whoever has not come for its piece yet. */
void aet_state_nudge(void);

/* The STATE and REPORT requests of processes; fd is where the answer goes. */
void aet_state_answer(int fd, const struct aet_message *request);
void aet_state_take_report(int fd, struct aet_message *request);

/* Somebody has not come for its piece yet. */
bool aet_state_is_awaited(void);

/* The reason's word as a literal of ours; one of the step in hand for what is none. */
const char *aet_state_reason(const char *word, uint32_t step);

/* Closes everything; the page's step is over. */
void aet_state_drop(void);

/* Bytes of the state that was handed over last, and how; 0: none was. */
uint64_t aet_state_bytes(void);

/* A process left: if it was its turn, it will not come. */
void aet_state_member_left(uint32_t slot);

#endif
