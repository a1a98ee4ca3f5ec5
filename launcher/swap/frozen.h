/*
 * The generation whose state was handed over. It stays as it was at its dump, frozen behind the gate,
 * until the new one has lasted ready_after: then it gets KILL. If the new one dies before that, it
 * serves again with the memory it had (mourn.h). There is one at most, because the next gate waits.
 */
#ifndef AET_SWAP_FROZEN_H
#define AET_SWAP_FROZEN_H

struct aet_generation;

/* The swap is committed. A generation whose connections are not followed cannot be frozen: it gets
 * KILL within a second. */
void aet_frozen_begin(struct aet_generation *old);

/* NULL: there is none. */
struct aet_generation *aet_frozen_get(void);

/* Ends it. */
void aet_frozen_retire(const char *why);

#endif
