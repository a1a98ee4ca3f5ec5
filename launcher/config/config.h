/*
 * The configuration as a value: what aeterna.yaml says, checked, with every default filled in.
 * config_load.c makes it; nothing changes it afterwards: a HUP loads a new one.
 */
#ifndef AET_CONFIG_H
#define AET_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#define AET_CONFIG_MAX_NAME 100 /* bytes of service.name */
#define AET_CONFIG_MAX_PATH 3800 /* ... of a path, so that names beside it fit PATH_MAX */
#define AET_CONFIG_MAX_FILE 200 /* ... of its last part, likewise for NAME_MAX */

enum aet_listeners_rule { AET_LISTENERS_ALL, AET_LISTENERS_ANY };
enum aet_ready_rule { AET_READY_ACCEPT, AET_READY_LISTEN, AET_READY_NOTIFY, AET_READY_STARTED };
enum aet_restart_rule { AET_RESTART_ON_FAILURE, AET_RESTART_ALWAYS, AET_RESTART_NEVER };
enum aet_mechanism { AET_MECHANISM_SHM, AET_MECHANISM_PIPE };
enum aet_busy_rule {
	AET_BUSY_AUTO, /* merge where the program says that it can be, else roll back */
	AET_BUSY_ROLLBACK,
	AET_BUSY_CLOSE,
	AET_BUSY_DRAIN,
	AET_BUSY_MERGE,
};
enum aet_connections_rule {
	AET_CONNECTIONS_MIGRATE,
	AET_CONNECTIONS_DRAIN,
	AET_CONNECTIONS_CLOSE,
};

struct aet_config {
	char *path; /* absolute, as typed, links not followed; the file may be missing */
	bool has_file; /* a file was read */
	char *name; /* service.name */
	char **command; /* NULL-terminated argv; NULL only if a command was optional */
	char **env; /* NULL-terminated "KEY=VALUE" */
	char *directory; /* NULL: the directory in which the launcher was started */
	char **listen; /* NULL-terminated, syntax checked by aet_address_parse() */
	enum aet_listeners_rule listeners;
	enum aet_ready_rule ready;
	uint64_t ready_after_ms;
	uint64_t start_timeout_ms;
	uint64_t stop_timeout_ms;
	enum aet_restart_rule restart;
	char **private_sockets; /* NULL-terminated patterns of addresses; NULL: none */
	char **public_sockets; /* likewise; these overrule */
	bool reach_old; /* a new version meets the old one at what it has not bound yet */
	int stop_signal; /* for the main process first */
	bool keep_children; /* detached processes of an old version live on */
	enum aet_mechanism mechanism;
	uint64_t handoff_timeout_ms;
	uint64_t settle_timeout_ms;
	enum aet_busy_rule on_busy;
	char **state; /* NULL-terminated "module:NAME"; NULL: none */
	char **exclude; /* NULL-terminated "module:NAME.attribute"; NULL: none */
	enum aet_connections_rule connections;
	uint64_t drain_timeout_ms;
	bool overlap;
	uint64_t snapshot_every_ms; /* 0: only when asked for */
	char *snapshot_file; /* an absolute path; NULL: none */
	bool snapshot_on_stop; /* where there is a file */
	bool give_back_arenas; /* false: memory that both versions map keeps the old one from going on */
};

/* Takes NULL. */
void aet_config_free(struct aet_config *config);

#endif
