/*
 * The help texts, one per verb: what people need at a prompt. The manual page says more.
 */
#include "cli/help.h"

#include "config/config_keys.h"

#include <errno.h>

#define COMMON                                                                                     \
	"  -v, --verbose            log more\n"                                                    \
	"  -h, --help               print this and exit\n"                                         \
	"  -V, --version            print the version and exit\n"

#define FIND                                                                                       \
	"  -c, --config FILE        the launcher that was started with this file; default:\n"      \
	"                           aeterna.yaml in the current directory\n"                       \
	"      --pid N              the launcher that is process N\n"

#define FOUND_BY                                                                                   \
	"\n"                                                                                       \
	"The launcher is found by the absolute path of FILE as it was typed (links are not\n"      \
	"followed), or by its process number, and in the caller's container alone. Only its\n"     \
	"own user and root are answered.\n"

#define CLIENT_EXIT                                                                                \
	"\n"                                                                                       \
	"Exit status:\n"                                                                           \
	"  0    done\n"                                                                            \
	"  1    refused, with the reason in one line on standard error\n"                          \
	"  64   wrong usage\n"                                                                     \
	"  69   no such launcher\n"                                                                \
	"  78   bad configuration\n"

#define RUN_EXIT                                                                                   \
	"\n"                                                                                       \
	"Exit status: the program's own (128 + N if signal N killed it), or\n"                     \
	"  64   wrong usage\n"                                                                     \
	"  78   bad configuration\n"                                                               \
	"  126  the program cannot be executed\n"                                                  \
	"  127  the program was not found\n"

#define SIGNALS                                                                                    \
	"\n"                                                                                       \
	"Signals to the launcher:\n"                                                               \
	"  HUP        swap: start the new version, hand everything over, stop the old one\n"       \
	"  TERM, INT  stop: the first process gets service.stop_signal, then every other;\n"       \
	"             KILL after service.stop_timeout\n"                                           \
	"  QUIT       stop at once\n"                                                              \
	"  USR2       take a snapshot of the state\n"                                              \
	"  others     go to the program\n"

#define FILES                                                                                      \
	"\n"                                                                                       \
	"Files:\n"                                                                                 \
	"  aeterna.yaml  read from the current directory when there is no -c; read again at\n"     \
	"                every swap: a bad file refuses the swap and changes nothing\n"

static const char help_run[] =
	"Usage: aeterna-launch [-c FILE] [-v] [--log-format text|json] [-- COMMAND [ARG...]]\n"
	"       aeterna start -c FILE\n"
	"       aeterna-launch reload|status|snapshot|restore|stop [-c FILE | --pid N]\n"
	"       aeterna-launch check [-c FILE] [-- COMMAND [ARG...]]\n"
	"\n"
	"Runs a program in the foreground, restarts it when it fails, and replaces it by its\n"
	"next version without dropping a connection. The program is not changed.\n"
	"\n"
	"Commands:\n"
	"  (none), start            run the program and supervise it; works as PID 1\n"
	"  reload                   swap now; returns when the new version serves, or is undone\n"
	"  status                   show processes, listeners, connections and the last swap\n"
	"  snapshot                 take the state without a swap, for a start after a crash\n"
	"  restore                  swap, and load a state that was kept, set aside or written\n"
	"  stop                     stop program and launcher gracefully\n"
	"  check                    say what is wrong with file or program; starts nothing\n"
	"  COMMAND --help tells more about each.\n"
	"\n"
	"Options:\n"
	"  -c, --config FILE        the configuration; default: aeterna.yaml in the current\n"
	"                           directory, if it is there\n"
	"      --log-format FORMAT  text (default) or json\n" COMMON
	"  -- COMMAND [ARG...]      the program to run; wins over service.command, and needs no\n"
	"                           file at all\n" SIGNALS RUN_EXIT FILES "\n";

static const char help_start[] =
	"Usage: aeterna start [-c FILE] [-v] [--log-format text|json] [-- COMMAND [ARG...]]\n"
	"\n"
	"Runs the program that FILE names in the foreground and supervises it: the same as\n"
	"aeterna-launch -c FILE.\n"
	"\n"
	"Options:\n"
	"  -c, --config FILE        the configuration; default: aeterna.yaml in the current\n"
	"                           directory\n"
	"      --log-format FORMAT  text (default) or json\n" COMMON
	"  -- COMMAND [ARG...]      wins over service.command\n" SIGNALS RUN_EXIT FILES;

static const char help_reload[] =
	"Usage: aeterna-launch reload [-c FILE | --pid N] [--json] [--discard-state[=NAME]]...\n"
	"\n"
	"Swaps the program for its new version: reads the file again, starts the new version\n"
	"beside the old one, waits until it is ready, hands listeners and state over, and lets\n"
	"the old one finish. Returns when the new version serves, or when the swap was undone\n"
	"and the old version goes on. During a swap one more is queued.\n"
	"\n"
	"No swap loses state by itself: what the new version does not take refuses it.\n"
	"\n"
	"Options:\n" FIND "      --json               print the result as JSON\n"
	"      --discard-state[=NAME]\n"
	"                           lose the state of that name on purpose; without one, all\n" COMMON
		FOUND_BY "\n"
	"Exit status:\n"
	"  0    committed: the new version serves\n"
	"  1    refused or rolled back, with the reason in one line on standard error\n"
	"  64   wrong usage\n"
	"  69   no such launcher\n"
	"  78   bad configuration\n";

static const char help_status[] =
	"Usage: aeterna-launch status [-c FILE | --pid N] [--json]\n"
	"\n"
	"Shows generations, processes, listeners, connections and the last swap. What is not\n"
	"known is null in JSON.\n"
	"\n"
	"Options:\n" FIND
	"      --json               print JSON, one line\n" COMMON FOUND_BY CLIENT_EXIT;

static const char help_snapshot[] =
	"Usage: aeterna-launch snapshot [-c FILE | --pid N] [--output FILE]\n"
	"\n"
	"Takes the program's state without a swap. The launcher keeps it and gives it to the\n"
	"program when that has to be started again after a crash. With handoff.snapshot_file it\n"
	"is on the disk when the command returns, and outlasts the launcher.\n"
	"\n"
	"Options:\n"
	"      --output FILE        write it to FILE as well, for restore\n" FIND COMMON FOUND_BY
		CLIENT_EXIT;

static const char help_restore[] =
	"Usage: aeterna-launch restore [-c FILE | --pid N] [--json] [NAME | STATE-FILE]\n"
	"\n"
	"Swaps the program, and the new generation loads the state that is set aside as NAME\n"
	"(status lists them), that snapshot --output wrote to STATE-FILE, or, without either, the\n"
	"one that the launcher keeps. What the program has now is set aside. A word with a '/'\n"
	"in it, or that names a file, is a STATE-FILE.\n"
	"\n"
	"Options:\n" FIND
	"      --json               print the result as JSON\n" COMMON FOUND_BY CLIENT_EXIT;

static const char help_stop[] =
	"Usage: aeterna-launch stop [-c FILE | --pid N]\n"
	"\n"
	"Stops program and launcher gracefully: the first process gets service.stop_signal, then\n"
	"every other; KILL after service.stop_timeout. Returns when the launcher has ended.\n"
	"\n"
	"Options:\n" FIND COMMON FOUND_BY CLIENT_EXIT;

static const char help_check[] =
	"Usage: aeterna-launch check [-c FILE] [--json] [-- COMMAND [ARG...]]\n"
	"       aeterna-launch check --dry-run [--json] [-c FILE]\n"
	"\n"
	"Validates the file and looks at the program without running it: is it there, is it\n"
	"static, setuid, a script, for this machine, which libc does it use, which state hooks\n"
	"does it export? Says what will work and what will not, and what to do instead.\n"
	"\n"
	"Options:\n"
	"  -c, --config FILE        the configuration; default: aeterna.yaml in the current\n"
	"                           directory, if it is there\n"
	"      --json               print the report as JSON\n"
	"      --dry-run            try the next swap on the running launcher: the new version\n"
	"                           starts (its own start-up runs, whatever that does to files\n"
	"                           and other services), takes the state, writes it again, and\n"
	"                           is ended without having served; both states are compared,\n"
	"                           section by section. Nothing of the launcher's changes.\n" COMMON
	"  -- COMMAND [ARG...]      the program to look at; wins over service.command\n"
	"\n"
	"Exit status:\n"
	"  0    nothing is in the way\n"
	"  1    the program cannot be supervised; --dry-run: the new version would not serve,\n"
	"       or would not hand on a section of the state\n"
	"  64   wrong usage\n"
	"  69   --dry-run: no such launcher\n"
	"  78   bad configuration\n"
	"  126  the program cannot be executed\n"
	"  127  the program was not found\n"
	"\n";

int aet_help_print(FILE *out, enum aet_verb verb)
{
	static const char *const texts[] = {
		[AET_VERB_RUN] = help_run,
		[AET_VERB_START] = help_start,
		[AET_VERB_RELOAD] = help_reload,
		[AET_VERB_STATUS] = help_status,
		[AET_VERB_SNAPSHOT] = help_snapshot,
		[AET_VERB_RESTORE] = help_restore,
		[AET_VERB_STOP] = help_stop,
		[AET_VERB_CHECK] = help_check,
		[AET_VERB_HELP] = help_run,
		[AET_VERB_VERSION] = help_run,
	};
	const char *text = texts[verb];

	(void)fputs(text, out);
	if (text == help_run || text == help_check)
		return aet_config_keys_print_help(out);
	return ferror(out) ? -EIO : 0;
}

int aet_help_print_version(FILE *out)
{
	(void)fprintf(out, "aeterna-launch %s\n", AET_VERSION);
	return ferror(out) ? -EIO : 0;
}
