/*
 * The client commands reload, status, snapshot and stop: each sends one request to a running
 * launcher.
 */
#ifndef AET_COMMAND_H
#define AET_COMMAND_H

#include "cli/options.h"

/* Exit code: 0 done, 1 refused or rolled back, 69 no such launcher, 78 bad configuration. */
int aet_command_run(const struct aet_options *options);

/* A connection to the launcher that runs, for the caller to close; or -errno. */
int aet_command_dial(const struct aet_options *options);

#endif
