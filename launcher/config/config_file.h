/*
 * The configuration as a file: where it lies, and its bytes.
 */
#ifndef AET_CONFIG_FILE_H
#define AET_CONFIG_FILE_H

#include <stddef.h>

#include "base/error.h"

#define AET_CONFIG_DEFAULT_FILE "aeterna.yaml"
#define AET_CONFIG_MAX_BYTES    (1024 * 1024)

/*
 * Reads a regular file of at most AET_CONFIG_MAX_BYTES into *ret_text, owned by the caller. -errno
 * with *err filled; -ENOENT only where there is nothing of that name, not even a dangling link.
 */
int aet_config_file_read(
	const char *path, char **ret_text, size_t *ret_length, struct aet_error *err);

/*
 * The file's absolute path as typed, links not followed, "//" and "./" folded; NULL: aeterna.yaml
 * in the working directory. The file need not exist. Owned by the caller; NULL: errno says why.
 */
char *aet_config_path(const char *path);

/* The name of a service whose file has that path. Owned by the caller; NULL: no memory. */
char *aet_config_file_service_name(const char *path);

/* "path:line:column: text", or the text alone where there is no place. Returns buf. */
char *aet_config_error_format(
	const char *path, const struct aet_error *err, char *buf, size_t size);

#endif
