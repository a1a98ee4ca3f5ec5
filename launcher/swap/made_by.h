/*
 * What tells that a Unix socket is of one generation alone: who made the directory that it lies in.
 */
#ifndef AET_MADE_BY_H
#define AET_MADE_BY_H

#include <stdbool.h>

#include "aeterna/address.h"

struct aet_generation;

/* The directory of a Unix socket is younger than the generation. */
bool aet_made_by_generation(
	const struct aet_address *address, const struct aet_generation *generation);

#endif
