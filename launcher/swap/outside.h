/*
 * Says of connections that a generation takes past the library (process/bypass.h): a swap could not keep
 * them from it, nor give them to the next one.
 */
#ifndef AET_OUTSIDE_H
#define AET_OUTSIDE_H

#include <stdbool.h>
#include <stddef.h>

struct aet_config;
struct aet_generation;

/* A moment after its start, once: the log says what is outside. */
void aet_outside_watch(const struct aet_generation *generation);

/* A swap to this configuration would end in a service that nobody answers, or never be ready: true, and
 * the sentence. The generation does not end before the next one starts. */
bool aet_outside_refuses(const struct aet_generation *generation, const struct aet_config *config,
	char *ret_detail, size_t size);

#endif
