/*
 * The table of keys, and the help text made from it. The order is the one people read.
 */
#include "config/config_keys.h"

#include "config/config.h"
#include "util.h"

#include <errno.h>
#include <string.h>

#define FIELD(field) .offset = offsetof(struct aet_config, field)

/* clang-format off */
const struct aet_config_key aet_config_keys[] = {
	{"service", "name", AET_KEY_TEXT, FIELD(name),
		.help = "the service's name in status and the log; default: the file's name"},
	{"service", "command", AET_KEY_ARGV, FIELD(command),
		.help = "the program and its arguments, a list; looked up again at every swap"},
	{"service", "env", AET_KEY_ENV, FIELD(env),
		.help = "variables for the program: a list of KEY=VALUE, or a map"},
	{"service", "directory", AET_KEY_TEXT, FIELD(directory),
		.help = "where the program runs; default: where the launcher was started"},
	{"service", "listen", AET_KEY_LISTEN, FIELD(listen),
		.help = "addresses that the launcher binds and hands over as FD 3, 4, ...; default: "
			"the program's listeners"},
	{"service", "listeners", AET_KEY_WORD, FIELD(listeners), .fallback = "all",
		.words = {"all", "any"},
		.help = "which kept listeners a new version must take over"},
	{"service", "ready", AET_KEY_WORD, FIELD(ready), .fallback = "accept",
		.words = {"accept", "listen", "notify", "started"},
		.help = "what shows that a new version is ready"},
	{"service", "ready_after", AET_KEY_DURATION, FIELD(ready_after_ms), .fallback = "2s",
		.min_ms = 1,
		.help = "how long it must live with 'ready: started'; how long a new version is on "
			"probation"},
	{"service", "start_timeout", AET_KEY_DURATION, FIELD(start_timeout_ms), .fallback = "60s",
		.min_ms = 1, .help = "how long a new version may take until it is ready; then the swap rolls back"},
	{"service", "stop_timeout", AET_KEY_DURATION, FIELD(stop_timeout_ms), .fallback = "10s",
		.min_ms = 1, .help = "from TERM to KILL"},
	{"service", "restart", AET_KEY_WORD, FIELD(restart), .fallback = "on-failure",
		.words = {"on-failure", "always", "never"},
		.help = "when to start a program again that has ended"},
	{"service", "private", AET_KEY_PATTERNS, FIELD(private_sockets),
		.help = "sockets that are each version's own, with * and ?: not handed over, and not "
			"waited for; default: those that are recognised as such"},
	{"service", "public", AET_KEY_PATTERNS, FIELD(public_sockets),
		.help = "sockets that a new version must take over, whatever they look like"},
	{"service", "reach_old", AET_KEY_BOOL, FIELD(reach_old), .fallback = "false",
		.help = "true: a new version that connects to an address which it has not bound yet "
			"meets the old one; false: it meets nobody"},
	{"service", "stop_signal", AET_KEY_SIGNAL, FIELD(stop_signal), .fallback = "TERM",
		.help = "what tells the program to end: its main process gets it first, the rest of "
			"its processes 500 ms after that one has gone, or at three quarters of "
			"stop_timeout; QUIT for nginx and php-fpm"},
	{"service", "keep_children", AET_KEY_BOOL, FIELD(keep_children), .fallback = "false",
		.help = "true: a process that an old version has started in a session of its own "
			"(setsid) lives on under the launcher"},
	{"handoff", "mechanism", AET_KEY_WORD, FIELD(mechanism), .fallback = "shm",
		.words = {"shm", "pipe"},
		.help = "how state travels: shared memory, or a stream for small data"},
	{"handoff", "timeout", AET_KEY_DURATION, FIELD(handoff_timeout_ms), .fallback = "5s",
		.min_ms = 1, .help = "how long from the gate to the commit; then the swap rolls back"},
	{"handoff", "settle_timeout", AET_KEY_DURATION, FIELD(settle_timeout_ms), .fallback = "30s",
		.min_ms = 0,
		.help = "with state: how long to wait for a moment with no requests in flight; the "
			"program still takes new ones"},
	{"handoff", "on_busy", AET_KEY_WORD, FIELD(on_busy), .fallback = "auto",
		.words = {"auto", "rollback", "close", "drain", "merge"},
		.help = "with state, if requests are in flight at 'timeout': roll the swap back; cut "
			"them at the commit; let them finish in the old version, where what they "
			"write to memory is lost, or is merged into the new one's; auto: merge where "
			"every conflict would be decided, else rollback"},
	{"handoff", "state", AET_KEY_NAMES, FIELD(state),
		.help = "globals of an unmodified Python program to hand over: a list of module:NAME, "
			"module:NAME.* or langgraph: module:NAME"},
	{"handoff", "exclude", AET_KEY_ATTRIBUTES, FIELD(exclude),
		.help = "attributes of what is handed over that stay behind, and are the new "
			"version's own: a list of module:NAME.attribute"},
	{"handoff", "connections", AET_KEY_WORD, FIELD(connections), .fallback = "migrate",
		.words = {"migrate", "drain", "close"},
		.help = "open connections: move idle HTTP/1 ones to the new version and drain the "
			"others; let the old version serve all of them to their end; or close them "
			"at their next boundary"},
	{"handoff", "drain_timeout", AET_KEY_DURATION, FIELD(drain_timeout_ms), .fallback = "30s",
		.min_ms = 0,
		.help = "how long draining may take; then connections close at their next boundary"},
	{"handoff", "overlap", AET_KEY_BOOL, FIELD(overlap), .fallback = "true",
		.help = "false: the old version stops first, for programs that cannot run twice"},
	{"handoff", "snapshot_every", AET_KEY_DURATION, FIELD(snapshot_every_ms), .min_ms = 1,
		.help = "with state: how often to take a snapshot, at a moment without a request in "
			"flight; default: only when asked for"},
	{"handoff", "snapshot_file", AET_KEY_PATH, FIELD(snapshot_file),
		.help = "with state: the file for snapshots, read when the launcher starts; the one "
			"before is kept beside it"},
	{"handoff", "snapshot_on_stop", AET_KEY_BOOL, FIELD(snapshot_on_stop), .fallback = "true",
		.help = "with snapshot_file: take a snapshot before the program is stopped"},
	{"handoff", "give_back_arenas", AET_KEY_BOOL, FIELD(give_back_arenas), .fallback = "true",
		.help = "false: if a new version dies within ready_after, the old one with an arena "
			"does not serve again: the arena is as the dead version left it"},
};
/* clang-format on */

const size_t aet_config_key_count = AET_ARRAY_SIZE(aet_config_keys);

const struct aet_config_key *aet_config_key_find(const char *section, const char *name)
{
	for (size_t i = 0; i < aet_config_key_count; i++) {
		const struct aet_config_key *key = &aet_config_keys[i];

		if (section && strcmp(key->section, section) != 0)
			continue;
		if (strcmp(key->name, name) == 0)
			return key;
	}
	return NULL;
}

static const char *type_name(const struct aet_config_key *key)
{
	switch (key->type) {
	case AET_KEY_ARGV:
	case AET_KEY_ENV:
	case AET_KEY_LISTEN:
	case AET_KEY_PATTERNS:
	case AET_KEY_NAMES:
	case AET_KEY_ATTRIBUTES:
		return "list";
	case AET_KEY_DURATION:
		return "duration";
	case AET_KEY_SIGNAL:
		return "signal";
	case AET_KEY_BOOL:
		return "true|false";
	case AET_KEY_PATH:
		return "path";
	case AET_KEY_TEXT:
	case AET_KEY_WORD:
	default:
		return "text";
	}
}

/* Writes text in lines that fit a terminal, each indented. */
static void print_wrapped(FILE *out, const char *text)
{
	const size_t width = 64;

	while (*text) {
		size_t n = strlen(text);

		if (n > width) {
			n = width;
			while (n > 0 && text[n] != ' ')
				n--;
		}
		(void)fprintf(out, "        %.*s\n", (int)n, text);
		text += n;
		while (*text == ' ')
			text++;
	}
}

static void print_key(FILE *out, const struct aet_config_key *key)
{
	(void)fprintf(out, "    %s: ", key->name);
	for (size_t i = 0; i < AET_KEY_WORDS_MAX && key->words[i]; i++)
		(void)fprintf(out, "%s%s", i > 0 ? "|" : "", key->words[i]);
	if (!key->words[0])
		(void)fputs(type_name(key), out);
	if (key->fallback)
		(void)fprintf(out, "   (default: %s)", key->fallback);
	(void)fputc('\n', out);
	print_wrapped(out, key->help);
}

int aet_config_keys_print_help(FILE *out)
{
	const char *section = "";

	(void)fputs("The configuration file (YAML; durations take ms, s, m and h):\n", out);
	for (size_t i = 0; i < aet_config_key_count; i++) {
		const struct aet_config_key *key = &aet_config_keys[i];

		if (strcmp(section, key->section) != 0)
			(void)fprintf(out, "  %s:\n", key->section);
		section = key->section;
		print_key(out, key);
	}
	return ferror(out) ? -EIO : 0;
}
