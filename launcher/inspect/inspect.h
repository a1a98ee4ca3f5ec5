/*
 * Looks at the program before it is executed, without running it: is it there, can it be executed,
 * will the library be loaded into it, which hooks does it have. Changes nothing.
 */
#ifndef AET_INSPECT_H
#define AET_INSPECT_H

#include "inspect/program.h"

/*
 * Fills *ret_program for argv0 as execvp(3) would find it in path_env (NULL: its default) from
 * directory (NULL: the current one). 0 whatever is found: the verdict tells.
 */
int aet_program_inspect(const char *argv0, const char *path_env, const char *directory,
	struct aet_program *ret_program);

#endif
