/*
 * `check` of a service that runs: what its processes say of their state.
 */
#ifndef AET_RUNNING_H
#define AET_RUNNING_H

#include "cli/options.h"

struct aet_running {
	char *text; /* owned: lines, or one JSON object; NULL: no launcher answers */
	char problem[192]; /* what would refuse a reload; empty: nothing */
	int exit_code;
};

/* Leaves *ret empty if no launcher runs this file. */
void aet_running_ask(const struct aet_options *options, struct aet_running *ret);
void aet_running_free(struct aet_running *running);

#endif
