/*
 * What the preload library asks: HELLO, BIND, OFFER, PATH.
 */
#ifndef AET_LIBRARY_H
#define AET_LIBRARY_H

#include <stdbool.h>
#include <sys/types.h>

#include "msgio.h"

/* Answers one request that passed aet_message_check_request(). *ret_keep: the connection has
 * become a lifeline and is no longer the caller's. */
void aet_library_answer(int fd, pid_t pid, struct aet_message *request, bool *ret_keep);

#endif
