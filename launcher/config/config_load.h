/*
 * Loads the configuration: the defaults, the file over them, the command line over that.
 */
#ifndef AET_CONFIG_LOAD_H
#define AET_CONFIG_LOAD_H

#include <stdbool.h>

#include "base/error.h"
#include "config/config.h"

/*
 * Makes a new *ret_config from the file at path. path NULL: ./aeterna.yaml if it exists, else the
 * defaults alone. command (NULL-terminated, may be NULL) wins over service.command and is copied.
 * A file larger than AET_CONFIG_MAX_BYTES, a directory, an unreadable file and every mistake in
 * the file return -EINVAL (or another -errno) with *err filled; *ret_config is then untouched. A
 * configuration without any command is an error unless command_optional: -EINVAL, or -ENODATA
 * when no file exists either.
 *
 * err->text names the file only where err->line is 0; aet_config_error_format() makes the line.
 */
int aet_config_load(const char *path, char *const *command, bool command_optional,
	struct aet_config **ret_config, struct aet_error *err);

#endif
