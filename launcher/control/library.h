/*
 * Answers the requests of the preload library: HELLO, BIND, OFFER and PATH here; STATE, REPORT and
 * FDS through state/state_rpc.h.
 */
#ifndef AET_LIBRARY_H
#define AET_LIBRARY_H

#include <stdbool.h>
#include <sys/types.h>

#include "msgio.h"

/* Answers one request that passed aet_message_check_request(). Sets *ret_keep when the connection
 * has become a lifeline, which the caller must not close. */
void aet_library_answer(int fd, pid_t pid, struct aet_message *request, bool *ret_keep);

#endif
