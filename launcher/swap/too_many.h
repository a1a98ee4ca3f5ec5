/*
 * More listeners than the launcher can keep: what is beyond them would be lost by a swap, which is
 * refused before it begins.
 */
#ifndef AET_TOO_MANY_H
#define AET_TOO_MANY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A listener of the generation is not kept. */
void aet_too_many_note(uint32_t generation, const char *address);

bool aet_too_many_are(uint32_t generation);

/* -ENOSPC with the sentence, if the generation has such a one. */
int aet_too_many_check(uint32_t generation, char *ret_detail, size_t size);

#endif
