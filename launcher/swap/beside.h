/*
 * The processes of a generation without state of their own, beside those that dump: a parent that
 * watches its workers would kill them while they are frozen. They stand still as well.
 */
#ifndef AET_SWAP_BESIDE_H
#define AET_SWAP_BESIDE_H

#include <stdbool.h>

struct aet_generation;

/* The dump begins, and with it the time that they have to come to a safe point. */
void aet_beside_begin(void);

/* One of them still runs, and is waited for. */
bool aet_beside_is_awaited(void);

/* The generation is frozen: names its processes that run on. */
void aet_beside_tell(const struct aet_generation *old);

#endif
