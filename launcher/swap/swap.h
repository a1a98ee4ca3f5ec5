/*
 * The life of a swap: what each event means in each state, one table. Everything else in the
 * launcher reports events here.
 */
#ifndef AET_SWAP_H
#define AET_SWAP_H

#include <stdbool.h>
#include <stdint.h>

struct aet_config;
struct aet_generation;
struct aet_listener;
struct aet_member;

/* HUP or the reload command. false: refused at once, aet_sup.last says why. */
bool aet_swap_request(void);

/* What processes report. */
void aet_swap_listener_wanted(struct aet_listener *listener, const struct aet_member *member);
void aet_swap_listener_adopted(struct aet_listener *listener, uint32_t generation, int pid);
void aet_swap_listener_withdrawn(struct aet_listener *listener, const struct aet_member *member);
void aet_swap_member_gated(uint32_t generation);
void aet_swap_member_left(uint32_t generation);
void aet_swap_notified(struct aet_generation *generation);
void aet_swap_exec_failed(struct aet_generation *generation, int error, const char *what);
void aet_swap_main_exited(struct aet_generation *generation);

/* Nobody accepts for a while: every queue is made to take everybody, until some time after. */
void aet_swap_raise_backlogs(void);

/* The swap in hand, if any, is given up. */
void aet_swap_abandon(const char *reason, const char *detail);

#endif
