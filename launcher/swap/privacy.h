/*
 * Which sockets are the service, and which are a generation's own. A swap waits for the public ones
 * and hands them over; a private one ends with its generation. In doubt a socket is public, and a
 * program's only one always is.
 */
#ifndef AET_SWAP_PRIVACY_H
#define AET_SWAP_PRIVACY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "aeterna/wire.h"
#include "listen/listener.h"

/* Why the socket that is offered would be private. */
enum aet_privacy aet_privacy_of(const struct aet_offer *offer);

/* True: nothing of it can concern another generation, and the launcher leaves it to the program. */
bool aet_privacy_leaves(const struct aet_offer *offer, enum aet_privacy privacy);

/* Notes a socket that is left to the program. */
void aet_privacy_note(const struct aet_offer *offer, pid_t pid, enum aet_privacy privacy);

/* A generation has bound what another one had: it is no generation's own. */
void aet_privacy_adopted(struct aet_listener *listener, uint32_t generation);

/* Decides for those that were the program's only ones so far. */
void aet_privacy_settle(void);

/* The generation is gone, and what was its own with it. */
void aet_privacy_forget(uint32_t generation);

#endif
