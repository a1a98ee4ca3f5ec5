/*
 * The configuration, as a value: what aeterna.yaml says, checked, with every default filled in.
 * Read by config.c (over yaml.c, the only file that knows libyaml); never changed afterwards: a
 * HUP reads a new one.
 */
#ifndef AET_CONFIG_H
#define AET_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

enum aet_listeners_rule { AET_LISTENERS_ALL, AET_LISTENERS_ANY };
enum aet_ready_rule { AET_READY_ACCEPT, AET_READY_LISTEN, AET_READY_NOTIFY, AET_READY_STARTED };
enum aet_restart_rule { AET_RESTART_ON_FAILURE, AET_RESTART_ALWAYS, AET_RESTART_NEVER };
enum aet_mechanism { AET_MECHANISM_SHM, AET_MECHANISM_PIPE };
enum aet_busy_rule { AET_BUSY_ROLLBACK, AET_BUSY_CLOSE, AET_BUSY_DRAIN };
enum aet_connections_rule {
	AET_CONNECTIONS_MIGRATE,
	AET_CONNECTIONS_DRAIN,
	AET_CONNECTIONS_CLOSE,
};

struct aet_config {
	char *path; /* absolute, as typed, links not followed; the file need not exist */
	bool has_file; /* a file was read */
	char *name; /* service.name */
	char **command; /* NULL-terminated argv, never empty once complete; owned */
	char **env; /* NULL-terminated "KEY=VALUE" */
	char *directory; /* NULL: where the launcher was started */
	char **listen; /* NULL-terminated, syntax checked by aet_address_parse() */
	enum aet_listeners_rule listeners;
	enum aet_ready_rule ready;
	uint64_t ready_after_ms;
	uint64_t start_timeout_ms;
	uint64_t stop_timeout_ms;
	enum aet_restart_rule restart;
	enum aet_mechanism mechanism;
	uint64_t handoff_timeout_ms;
	uint64_t settle_timeout_ms;
	enum aet_busy_rule on_busy;
	char **state; /* NULL-terminated "module:NAME"; NULL: none */
	enum aet_connections_rule connections;
	uint64_t drain_timeout_ms;
	bool overlap;
};

/*
 * Reads FILE into a new *ret_config with every default filled in. path NULL: ./aeterna.yaml if it
 * is there, else the defaults alone. command (NULL-terminated, may be NULL) wins over
 * service.command and is copied. A file larger than AET_CONFIG_MAX_BYTES, a directory, an
 * unreadable file and everything else wrong in it is -EINVAL (or another -errno) with *err
 * filled; *ret_config is then untouched. A config without any command is an error unless
 * command_optional: -EINVAL, or -ENODATA where there was no file to name one either.
 *
 * err->text names the file only where err->line is 0; aet_config_error_format() makes the line.
 */
int aet_config_load(const char *path, char *const *command, bool command_optional,
	struct aet_config **ret_config, struct aet_error *err);

/* Takes NULL. */
void aet_config_free(struct aet_config *config);

/*
 * The file's absolute path as typed, links not followed, "//" and "./" folded; NULL: aeterna.yaml
 * in the working directory. The file need not exist. Owned by the caller; NULL: errno says why.
 */
char *aet_config_path(const char *path);

/* "path:line:column: text", or the text alone where there is no place. Returns buf. */
char *aet_config_error_format(
	const char *path, const struct aet_error *err, char *buf, size_t size);

/* Explains every key. 0, or -EIO. */
int aet_config_print_help(FILE *out);

#define AET_CONFIG_MAX_BYTES (1024 * 1024)

#endif
