/*
 * What a generation that is not ready is waited for, in words: in the log after some seconds, and as
 * the reason when its time is up.
 */
#ifndef AET_AWAITED_H
#define AET_AWAITED_H

#include <stddef.h>

struct aet_generation;

/* Why it is not ready: returns the reason's word, and a sentence in ret_detail. */
const char *aet_awaited_blame(
	const struct aet_generation *generation, char *ret_detail, size_t size);

/* Says in the log what the generation is waited for, once, when it takes long. */
void aet_awaited_tell(const struct aet_generation *generation);

#endif
