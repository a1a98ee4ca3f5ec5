/*
 * Reads a state from a file (aeterna/state_file.h). A pickle is code: the file has to be this user's
 * or root's, a regular file that nobody else may write, and whole.
 */
#ifndef AET_STATE_FILE_READ_H
#define AET_STATE_FILE_READ_H

#include <stdint.h>

#include "aeterna/state_file.h"

struct aet_state_set;

/* Why a file is refused: a word and a sentence. */
struct aet_state_file_flaw {
	const char *
		reason; /* a literal: not_found, wrong_owner, wrong_format, state_corrupt, no_memory */
	char text[160];
};

/* A descriptor of the file, which the caller closes: no link is followed, and nothing is waited for.
 * Or -errno, with *ret_flaw. dir: as for openat(2). */
int aet_state_file_open(int dir, const char *path, struct aet_state_file_flaw *ret_flaw);

/* Checks whose it is, the header and the table of parts, which ret_header gets: 0, or -errno. */
int aet_state_file_check(
	int fd, struct aet_state_file_header *ret_header, struct aet_state_file_flaw *ret_flaw);

/* Checks the same and makes the set with empty memory files; the second function fills and seals
 * them, and checks each byte. 0, or -errno with *ret_flaw and an empty set. */
int aet_state_file_lay_out(
	int fd, struct aet_state_set *ret_set, struct aet_state_file_flaw *ret_flaw);
int aet_state_file_fill(int fd, struct aet_state_set *set, struct aet_state_file_flaw *ret_flaw);

#endif
