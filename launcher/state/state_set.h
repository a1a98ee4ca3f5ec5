/*
 * The containers of a state, in memory: one piece for each process that has some. A set is made
 * while it is written, sealed when it is whole, and kept for the next start after a crash.
 */
#ifndef AET_STATE_SET_H
#define AET_STATE_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "base/fd_list.h"
#include "state/state_stream.h"

#define AET_STATE_PIECES_MAX 64

struct aet_state_piece {
	int fd; /* the container; ours; -1: none yet */
	struct aet_fd_list beside; /* what its rows name by number */
	uint32_t slot; /* of the process whose turn it is */
	bool asked; /* it came for it */
	bool done; /* it reported */
	struct aet_state_stream stream; /* pipe */
};

struct aet_state_set {
	unsigned count;
	enum aet_mechanism mechanism;
	uint32_t writer; /* the generation that wrote it */
	uint64_t bytes; /* of all containers and of the files beside them, once it is sealed */
	uint64_t sealed_us;
	struct aet_state_piece pieces[AET_STATE_PIECES_MAX];
};

/* Empties it and makes room for so many pieces; their memory is faulted in meanwhile
 * (prefault.h): each as large as the same piece of the last sealed set was. */
void aet_state_set_open(
	struct aet_state_set *set, unsigned count, enum aet_mechanism mechanism, uint32_t writer);

/* Nobody knows yet how large its pieces will be, and it would help. */
bool aet_state_set_wants_size(const struct aet_state_set *set);

/* About so many bytes in each piece. Nothing is begun that would take more than half of the memory
 * there is. */
void aet_state_set_expect(struct aet_state_set *set, const uint64_t *bytes);

/* The memory of a piece, made if it is not there yet; 0, or -errno. */
int aet_state_piece_make(struct aet_state_piece *piece);

/* Cuts each piece to what was written and seals it; 0, -EBUSY: a writer has it mapped still,
 * -EBADMSG: it was not written to its end, -E2BIG: a stream brought more than it says, or another
 * -errno. */
int aet_state_set_seal(struct aet_state_set *set);

/* Moves a sealed set, whose streams are closed, to where it is kept; to is emptied first. Its
 * sockets stay behind: they are somebody else's now. */
void aet_state_set_move(struct aet_state_set *to, struct aet_state_set *from);

void aet_state_set_clear(struct aet_state_set *set);

#endif
