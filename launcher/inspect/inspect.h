/*
 * Inspects a program without running it: does it exist, can the kernel execute it, will it load the
 * library, which hooks does it have? Changes nothing.
 */
#ifndef AET_INSPECT_H
#define AET_INSPECT_H

#include "inspect/program.h"

/*
 * Fills *ret_program for argv0 as execvp(3) would find it in path_env (NULL: its default) from
 * directory (NULL: the current one). Always 0: the verdict says what was found.
 */
int aet_program_inspect(const char *argv0, const char *path_env, const char *directory,
	struct aet_program *ret_program);

#endif
