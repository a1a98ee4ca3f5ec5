#include "base/wrapper.h"

#include <string.h>

#include "base/shell_words.h"
#include "util.h"

#define DEPTH_MAX 8

enum {
	STAYS = 1, /* it executes the program in its own place, and does not fork before */
	SHELL = 2, /* -c: the next word is a command line */
	RUN = 4, /* only after the word "run" or "exec" */
	CLEARS = 8, /* by one of the options in .clears */
	ASSIGNS = 16, /* NAME=VALUE may stand before the program */
	GUESS = 32, /* it may run something else */
	SESSION = 64,
	EXCLUSIVE = 128,
};

struct row {
	const char *name; /* with a '*' at its end: the beginning of one */
	unsigned flags;
	unsigned words; /* that stand between the options and the program */
	const char *valued; /* the letters of options that take the next word */
	const char *long_valued; /* ",name,name,": the same for long ones */
	const char *clears; /* options after which the environment is not the launcher's */
	const char *places;
};

/* clang-format off */
static const struct row rows[] = {
	{"env", STAYS | ASSIGNS | CLEARS, 0, "uCS", ",unset,chdir,", "i,ignore-environment,", NULL},
	{"nice", STAYS, 0, "n", ",adjustment,", NULL, NULL},
	{"nohup", STAYS, 0, "", "", NULL, NULL},
	{"ionice", STAYS, 0, "cn", ",class,classdata,", NULL, NULL},
	{"chrt", STAYS, 1, "TPD", ",sched-runtime,sched-period,sched-deadline,", NULL, NULL},
	{"taskset", STAYS, 1, "", "", NULL, NULL},
	{"stdbuf", STAYS, 0, "ioe", ",input,output,error,", NULL, NULL},
	{"prlimit", STAYS, 0, "", "", NULL, NULL},
	{"numactl", STAYS, 0, "iNmlpC", ",interleave,cpunodebind,membind,physcpubind,", NULL, NULL},
	{"setsid", STAYS | SESSION, 0, "", "", NULL, NULL},
	{"setpriv", STAYS | CLEARS, 0, "",
		",reuid,regid,ruid,euid,rgid,egid,groups,inh-caps,ambient-caps,bounding-set,securebits,"
		"pdeathsig,selinux-label,apparmor-profile,", "reset-env,", NULL},
	{"gosu", STAYS, 1, "", "", NULL, NULL},
	{"su-exec", STAYS, 1, "", "", NULL, NULL},
	{"chpst", STAYS, 0, "uUbednmdofcrt/", "", NULL, NULL},
	{"s6-setuidgid", STAYS, 1, "", "", NULL, NULL},
	{"setuidgid", STAYS, 1, "", "", NULL, NULL},
	{"exec", STAYS, 0, "a", "", NULL, NULL},
	{"command", STAYS, 0, "", "", NULL, NULL},
	{"ld-linux*", STAYS, 0, "", ",library-path,preload,argv0,audit,glibc-hwcaps-prepend,"
		"glibc-hwcaps-mask,inhibit-rpath,", NULL, NULL},
	{"ld-musl*", STAYS, 0, "", ",library-path,preload,argv0,", NULL, NULL},
	{"tini", 0, 0, "ep", "", NULL, NULL},
	{"tini-static", 0, 0, "ep", "", NULL, NULL},
	{"docker-init", 0, 0, "ep", "", NULL, NULL},
	{"dumb-init", 0, 0, "r", ",rewrite,", NULL, NULL},
	{"catatonit", 0, 0, "", "", NULL, NULL},
	{"timeout", 0, 1, "ks", ",kill-after,signal,", NULL, NULL},
	{"time", 0, 0, "fo", ",format,output,", NULL, NULL},
	{"flock", EXCLUSIVE, 1, "wE", ",wait,timeout,conflict-exit-code,", NULL, NULL},
	{"runuser", CLEARS, 0, "ugG", ",user,group,supp-group,", "l,login,", NULL},
	{"xvfb-run", GUESS, 0, "efnpsw", ",error-file,auth-file,server-num,xauth-protocol,server-args,wait,",
		NULL, NULL},
	{"uv", RUN | GUESS, 0, "pCm",
		",python,directory,project,with,with-requirements,extra,group,env-file,index-url,"
		"package,config-file,cache-dir,only-group,no-group,index,", NULL, ".venv/bin"},
	{"poetry", RUN | GUESS, 0, "CP", ",directory,project,", NULL, ".venv/bin"},
	{"pipenv", RUN | GUESS, 0, "", "", NULL, ".venv/bin"},
	{"pdm", RUN | GUESS, 0, "p", ",project,", NULL, ".venv/bin"},
	{"hatch", RUN | GUESS, 0, "e", ",env,", NULL, NULL},
	{"npx", GUESS, 0, "p", ",package,", NULL, "node_modules/.bin"},
	{"doppler", RUN | GUESS, 0, "pct", ",project,config,token,", NULL, NULL},
	{"op", RUN | GUESS, 0, "", ",env-file,account,", NULL, NULL},
	{"infisical", RUN | GUESS, 0, "", ",env,path,projectId,token,", NULL, NULL},
	{"dotenvx", RUN | GUESS, 0, "fe", ",env-file,env,", NULL, NULL},
	{"aws-vault", RUN | GUESS, 1, "d", ",duration,", NULL, NULL},
	{"sh", SHELL, 0, "oO", "", NULL, NULL},
	{"bash", SHELL, 0, "oO", ",rcfile,init-file,", NULL, NULL},
	{"dash", SHELL, 0, "o", "", NULL, NULL},
	{"ash", SHELL, 0, "o", "", NULL, NULL},
	{"ksh", SHELL, 0, "o", "", NULL, NULL},
	{"zsh", SHELL, 0, "o", "", NULL, NULL},
};
/* clang-format on */

const char *aet_wrapper_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool aet_wrapper_is_named(const char *base, const char *name)
{
	size_t length = strlen(name);

	if (name[length - 1] == '*')
		return strncmp(base, name, length - 1) == 0;
	return strcmp(base, name) == 0;
}

static const struct row *find_row(const char *word)
{
	for (size_t i = 0; i < AET_ARRAY_SIZE(rows); i++)
		if (aet_wrapper_is_named(aet_wrapper_base(word), rows[i].name))
			return &rows[i];
	return NULL;
}

/* "name," stands in list. */
static bool is_listed(const char *list, const char *name, size_t length)
{
	for (const char *at = list; at && *at; at += strcspn(at, ","), at += *at == ',')
		if (strcspn(at, ",") == length && length > 0 && strncmp(at, name, length) == 0)
			return true;
	return false;
}

/* What is known while the words of one wrapper are read. */
struct reading {
	struct aet_wrapped *wrapped;
	const struct row *row;
	size_t at; /* the next word */
};

static const char *word_at(const struct reading *reading, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (!reading->wrapped->argv[i])
			return NULL;
	return reading->wrapped->argv[at];
}

static void clear(const struct reading *reading)
{
	if (reading->row->flags & CLEARS)
		reading->wrapped->clears = reading->row->name;
}

static void take_long(struct reading *reading, const char *option)
{
	const struct row *row = reading->row;
	size_t length = strcspn(option, "=");
	bool takes_next = !option[length] && is_listed(row->long_valued, option, length);
	const char *value = takes_next ? word_at(reading, reading->at) : option + length;

	if (is_listed(row->clears, option, length))
		clear(reading);
	if (strncmp(option, "unset", length) == 0 && value && strstr(value, "LD_PRELOAD"))
		clear(reading);
	reading->at += takes_next;
}

static void take_letters(struct reading *reading, const char *letters)
{
	for (const char *c = letters; *c; c++) {
		const char *value = c[1] ? c + 1 : word_at(reading, reading->at);

		if (is_listed(reading->row->clears, c, 1))
			clear(reading);
		if (!strchr(reading->row->valued, *c))
			continue;
		if (*c == 'u' && value && strcmp(value, "LD_PRELOAD") == 0)
			clear(reading);
		reading->at += c[1] == '\0';
		return;
	}
}

/* A lone "-" is env's old way of saying -i. */
static void take_options(struct reading *reading)
{
	const char *word;

	while ((word = word_at(reading, reading->at)) && word[0] == '-') {
		reading->at++;
		if (strcmp(word, "--") == 0)
			return;
		if (word[1] == '-')
			take_long(reading, word + 2);
		else if (word[1])
			take_letters(reading, word + 1);
		else
			clear(reading);
	}
}

static bool is_assignment(const char *word)
{
	size_t length =
		strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");

	return length > 0 && word[length] == '=';
}

static void take_assignments(struct reading *reading)
{
	const char *word;

	while ((word = word_at(reading, reading->at)) && is_assignment(word)) {
		reading->at++;
		if (strncmp(word, "PATH=", 5) == 0 && !strchr(word, '$'))
			reading->wrapped->path = word + 5;
		if (strncmp(word, "LD_PRELOAD=", 11) == 0 && !strstr(word + 11, "LD_PRELOAD"))
			reading->wrapped->replaces = reading->row->name;
	}
}

/* False: the tool does something else than running a program. */
static bool take_run(struct reading *reading)
{
	const char *word = word_at(reading, reading->at);

	if (!(reading->row->flags & RUN))
		return true;
	if (!word || (strcmp(word, "run") != 0 && strcmp(word, "exec") != 0))
		return false;
	reading->at++;
	take_options(reading);
	return true;
}

/* Moves the program's words to the front; false: there is none. */
static bool move_on(struct reading *reading)
{
	const char **argv = reading->wrapped->argv;
	size_t i = 0;

	if (!word_at(reading, reading->at))
		return false;
	for (; argv[reading->at + i]; i++)
		argv[i] = argv[reading->at + i];
	argv[i] = NULL;
	return true;
}

/* The word after the options of which one has a 'c'; NULL: the shell runs a file. */
static const char *command_string(struct reading *reading)
{
	bool has_string = false;
	const char *word;

	while ((word = word_at(reading, reading->at)) && word[0] == '-' && word[1]) {
		size_t before = ++reading->at;

		if (word[1] == '-') {
			take_long(reading, word + 2);
			continue;
		}
		has_string = has_string || strchr(word, 'c');
		take_letters(reading, word + 1);
		if (before != reading->at && strchr(word, 'c'))
			reading->at = before; /* -oc: no such thing in practice */
	}
	return has_string ? word : NULL;
}

static void look_for_preload(struct aet_wrapped *wrapped, const struct row *row, const char *line)
{
	const char *set = strstr(line, "LD_PRELOAD=");
	size_t length = set ? strcspn(set + 11, " ;&\n") : 0;

	if (set && !memmem(set + 11, length, "LD_PRELOAD", 10))
		wrapped->replaces = row->name;
	if (strstr(line, "unset LD_PRELOAD"))
		wrapped->clears = row->name;
}

static bool follow_shell(struct reading *reading)
{
	struct aet_wrapped *wrapped = reading->wrapped;
	const char *line = command_string(reading);
	size_t used = wrapped->used;

	if (!line)
		return false;
	look_for_preload(wrapped, reading->row, line);
	if (aet_shell_words(line, wrapped->text + used, sizeof(wrapped->text) - used,
		    &wrapped->used, wrapped->argv, AET_WRAPPER_WORDS) == 0)
		return false;
	wrapped->used += used;
	reading->at = 0;
	take_assignments(reading);
	return move_on(reading);
}

static bool follow_one(struct aet_wrapped *wrapped, const struct row *row)
{
	struct reading reading = {.wrapped = wrapped, .row = row, .at = 1};

	if (row->flags & SHELL)
		return follow_shell(&reading);
	take_options(&reading);
	if (!take_run(&reading))
		return false;
	if (row->flags & ASSIGNS)
		take_assignments(&reading);
	reading.at += row->words;
	return move_on(&reading);
}

static void note_one(struct aet_wrapped *wrapped, const struct row *row, bool in_place)
{
	wrapped->depth++;
	wrapped->is_guess = wrapped->is_guess || (row->flags & (SHELL | GUESS));
	wrapped->places = row->places ? row->places : wrapped->places;
	wrapped->begins_session = wrapped->begins_session || (in_place && (row->flags & SESSION));
	wrapped->is_exclusive = wrapped->is_exclusive || (row->flags & EXCLUSIVE);
}

void aet_wrapper_follow(char *const *command, struct aet_wrapped *ret_wrapped)
{
	struct aet_wrapped *wrapped = ret_wrapped;
	const char *shell[AET_WRAPPER_WORDS + 1] = {NULL}; /* the last one, with its words */
	unsigned shell_depth = 0;
	bool in_place = true;
	const struct row *row;

	memset(wrapped, 0, sizeof(*wrapped));
	for (size_t i = 0; i < AET_WRAPPER_WORDS && command[i]; i++)
		wrapped->argv[i] = command[i];
	while (wrapped->argv[0] && wrapped->depth < DEPTH_MAX &&
		(row = find_row(wrapped->argv[0]))) {
		if (row->flags & SHELL) {
			memcpy(shell, wrapped->argv, sizeof(shell));
			shell_depth = wrapped->depth;
		}
		if (!follow_one(wrapped, row))
			break;
		note_one(wrapped, row, in_place);
		in_place = in_place && (row->flags & STAYS);
	}
	if (!wrapped->argv[0] || !strpbrk(wrapped->argv[0], "$`*?"))
		return;
	memcpy(wrapped->argv, shell, sizeof(shell)); /* only the shell knows */
	wrapped->depth = shell_depth;
}
