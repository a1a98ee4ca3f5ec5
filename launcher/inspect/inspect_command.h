/*
 * Inspects a command: past wrappers as env, tini, gosu or sh -c (base/wrapper.h), as far as their words
 * show what they run.
 */
#ifndef AET_INSPECT_COMMAND_H
#define AET_INSPECT_COMMAND_H

#include "inspect/program.h"

struct aet_config;

/* path_env: PATH of the program; NULL: execvp's default. */
void aet_program_inspect_command(
	const struct aet_config *config, const char *path_env, struct aet_program *ret_program);

#endif
