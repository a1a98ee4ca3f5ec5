/*
 * The configuration as a file: where it lies, and its bytes.
 */
#ifndef AET_CONFIG_FILE_H
#define AET_CONFIG_FILE_H

#include <stddef.h>

#include "base/error.h"

#define AET_CONFIG_DEFAULT_FILE "aeterna.yaml"

/*
 * Reads a regular file of at most AET_CONFIG_MAX_BYTES into *ret_text, owned by the caller. -errno
 * with *err filled; -ENOENT only where there is nothing of that name, not even a dangling link.
 */
int aet_config_file_read(
	const char *path, char **ret_text, size_t *ret_length, struct aet_error *err);

/* What a service is called whose file has that path. Owned by the caller; NULL: no memory. */
char *aet_config_file_name(const char *path);

#endif
