/*
 * The configuration file: its path and its bytes.
 */
#ifndef AET_CONFIG_FILE_H
#define AET_CONFIG_FILE_H

#include <stddef.h>

#include "base/error.h"

#define AET_CONFIG_DEFAULT_FILE "aeterna.yaml"
#define AET_CONFIG_MAX_BYTES    (1024 * 1024)

/*
 * Reads a regular file of at most AET_CONFIG_MAX_BYTES into *ret_text, which the caller frees.
 * -errno with *err filled; -ENOENT only if the name does not exist, not even as a dangling link.
 */
int aet_config_file_read(
	const char *path, char **ret_text, size_t *ret_length, struct aet_error *err);

/*
 * The file's absolute path as typed, links not followed, "//" and "./" folded; path NULL:
 * aeterna.yaml in the working directory. The file may be missing. The caller frees the result;
 * NULL: errno says why.
 */
char *aet_config_path(const char *path);

/* The default name of the service with that file. The caller frees it; NULL: no memory. */
char *aet_config_file_service_name(const char *path);

/* "path:line:column: text", or the text alone if the error has no place. Returns buf. */
char *aet_config_error_format(
	const char *path, const struct aet_error *err, char *buf, size_t size);

#endif
