/*
 * What becomes of the idle connections of a listener, by the page; and the trial: after a commit one
 * connection goes ahead of the others, until the new generation has answered it (phase.h).
 */
#ifndef AET_FATE_H
#define AET_FATE_H

#include <stdbool.h>

struct aet_socket;

enum aet_fate { AET_FATE_STAY, AET_FATE_MOVE, AET_FATE_CLOSE };

enum aet_fate aet_fate_of(const struct aet_socket *sock);

/* True while the connections of the old generation wait for one that goes ahead. */
bool aet_trial_holds_back(void);

/* The caller's connection is the one: true for one caller, which then says whether it was sent. */
bool aet_trial_claim(void);
void aet_trial_note_sent(const struct aet_socket *sock, bool sent);

/* What the serving generation may take out of the handoff queue of this listener. */
enum aet_trial_leave { AET_TRIAL_NOTHING, AET_TRIAL_ONE, AET_TRIAL_ALL };
enum aet_trial_leave aet_trial_may_take(const struct aet_socket *sock);

/* It got the one that it may take. */
void aet_trial_note_taken(const struct aet_socket *sock);

/* True while the new generation has the one, and no other. */
bool aet_trial_is_under_way(void);

/* Its first request is answered: the others may follow. Not under the lock. */
void aet_trial_end(void);

#endif
