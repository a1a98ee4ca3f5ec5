/*
 * `restore`: a state that the next swap loads in place of the one it dumps. It is offered first,
 * which may take a while because a file is read; the swap that begins then chooses it.
 */
#ifndef AET_RESTORE_H
#define AET_RESTORE_H

#include <stdbool.h>

struct aet_state_set;

/*
 * Finds the state: a file (fd, which stays the caller's), else one that is set aside by its name,
 * else the kept one (kept; NULL: there is none). Posts AET_FACT_RESTORE when it is whole, or answers
 * the waiters of kind AET_WAITER_RESTORE why not.
 */
void aet_restore_offer(int fd, const char *name, const struct aet_state_set *kept);

/* A swap begins: it chooses what is offered, if anything is. */
bool aet_restore_choose(void);

/* The swap is given up, to begin again. */
void aet_restore_offer_again(void);

/* What the swap in hand has chosen; NULL: nothing. The set may be moved away: it is not chosen then. */
struct aet_state_set *aet_restore_chosen(void);

void aet_restore_drop(void);

#endif
