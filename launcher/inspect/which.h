/*
 * Finds a program the way execvp(3) does, without executing anything.
 */
#ifndef AET_WHICH_H
#define AET_WHICH_H

#include <stddef.h>

#define AET_WHICH_DEFAULT_PATH "/usr/local/bin:/bin:/usr/bin" /* execvp's, where PATH is unset */

/*
 * Writes the path of the file that execvp would execute to ret_path. Looks for a name without a
 * slash in path_env (NULL: the default); relative names begin in directory (NULL: the current one).
 * 0, -ENOENT, -EACCES (the name exists but is no executable file), -ENAMETOOLONG.
 */
int aet_which(
	const char *name, const char *path_env, const char *directory, char *ret_path, size_t size);

#endif
