/*
 * Writes a state to a file (aeterna/state_file.h): all its containers, the files beside them, and the
 * places of the sockets, which have ended by then. Blocks: for a child of the launcher.
 */
#ifndef AET_STATE_FILE_H
#define AET_STATE_FILE_H

#include "aeterna/state_file.h"

struct aet_state_set;

/* Why a state cannot be in a file: a sentence; NULL: it can. */
const char *aet_state_file_refusal(const struct aet_state_set *set);

/* Writes from the beginning of fd, an empty file, and syncs it; the header last. why: of a state that
 * is set aside, or "". 0, or -errno. */
int aet_state_file_write(int fd, const struct aet_state_set *set, const char *why);

#endif
