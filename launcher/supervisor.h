/*
 * Runs the launcher: the duties of PID 1, the first start and the end.
 */
#ifndef AET_SUPERVISOR_H
#define AET_SUPERVISOR_H

struct aet_config;
struct aet_options;

/* Runs the program until it ends or the launcher has to stop; returns the exit code. Takes
 * ownership of config. */
int aet_supervisor_run(struct aet_config *config, const struct aet_options *options);

#endif
