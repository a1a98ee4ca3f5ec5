/*
 * The containers of a state in memory: one piece for each process with state. A set is open while
 * processes write it, sealed when it is complete, and kept for the next start after a crash.
 */
#ifndef AET_STATE_SET_H
#define AET_STATE_SET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"
#include "base/fd_list.h"
#include "state/sections.h"
#include "state/state_stream.h"

#define AET_STATE_PIECES_MAX 64

struct aet_state_piece {
	int fd; /* the container; aet_state_set_clear() closes it; -1: none yet */
	struct aet_fd_list beside; /* the descriptors that its rows name by number */
	uint32_t slot; /* of the process that dumps or loads it */
	uint32_t writer_slot; /* of the process that dumped it */
	bool asked; /* the process has requested it */
	bool done; /* the process has reported */
	pid_t copy; /* a snapshot: who writes it while the process goes on; 0: nobody, or it ended */
	uint64_t copy_ended_us; /* when the launcher was told; 0: it lives, or there was none */
	bool is_copied;
	struct aet_state_stream stream; /* pipe */
	struct aet_sections sections; /* what became of it when it was loaded */
};

struct aet_state_set {
	unsigned count;
	bool is_changes; /* its size says nothing about the next state's */
	enum aet_mechanism mechanism;
	uint32_t writer; /* the generation that wrote it */
	uint64_t bytes; /* of all containers and the files beside them, once sealed */
	uint64_t sealed_us;
	uint64_t created_ns; /* the same moment by CLOCK_REALTIME */
	uint8_t run_id[16]; /* of the launcher that collected it: its containers say the same */
	struct aet_state_piece pieces[AET_STATE_PIECES_MAX];
};

/* Empties the set and opens it for count pieces. */
void aet_state_set_open(
	struct aet_state_set *set, unsigned count, enum aet_mechanism mechanism, uint32_t writer);

/* Begins to fault in their memory (prefault.h), for each as much as the same piece of the last sealed
 * set had. */
void aet_state_set_prefault(struct aet_state_set *set);

/* Whether an estimate of the pieces' sizes would help, because none is known. */
bool aet_state_set_wants_size(const struct aet_state_set *set);

/* Takes estimates of the bytes in each piece and begins to fault them in, unless that took more
 * than half of the available memory. */
void aet_state_set_expect(struct aet_state_set *set, const uint64_t *bytes);

/* Makes the memory file of a piece, unless it has one; 0, or -errno. */
int aet_state_piece_make(struct aet_state_piece *piece);

/* Cuts each piece to what was written and seals it. 0; -EBUSY: a writer still maps it; -EBADMSG: it
 * is incomplete; -E2BIG: a stream carried more than its header says; or another -errno. */
int aet_state_set_seal(struct aet_state_set *set);

/* Checks the sealed containers as their readers will, but for what descriptors beside them hold. 0;
 * or -EBADMSG with a literal in *ret_flaw. */
int aet_state_set_check(const struct aet_state_set *set, const char **ret_flaw);

/* Moves a sealed set, whose streams are closed, into `to`, which it empties first. Closes the
 * sockets of the set: the new generation has them now. */
void aet_state_set_move(struct aet_state_set *to, struct aet_state_set *from);

/* Another set of the same files: 0, or -errno with *ret empty. */
int aet_state_set_copy(struct aet_state_set *ret, const struct aet_state_set *set);

void aet_state_set_clear(struct aet_state_set *set);

/* Closes what the piece has. */
void aet_state_piece_clear(struct aet_state_piece *piece);

#endif
