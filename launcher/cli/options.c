/*
 * Parses the command line by two tables: the verbs, and the options with the verbs that take them.
 * Not getopt: its messages cannot name the nearest word, and it knows nothing of verbs.
 */
#include "cli/options.h"

#include "base/nearest.h"
#include "util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BIT(verb) (1U << (verb))
#define CLIENTS                                                                                    \
	(BIT(AET_VERB_RELOAD) | BIT(AET_VERB_STATUS) | BIT(AET_VERB_SNAPSHOT) |                    \
		BIT(AET_VERB_RESTORE) | BIT(AET_VERB_STOP))
#define RUNS (BIT(AET_VERB_RUN) | BIT(AET_VERB_START))
#define WITH_JSON                                                                                  \
	(BIT(AET_VERB_RELOAD) | BIT(AET_VERB_STATUS) | BIT(AET_VERB_CHECK) | BIT(AET_VERB_RESTORE))
#define EVERY    (CLIENTS | RUNS | BIT(AET_VERB_CHECK))
#define COMMANDS (RUNS | BIT(AET_VERB_CHECK))

static const struct {
	const char *name;
	enum aet_verb verb;
} verbs[] = {
	{"start", AET_VERB_START},
	{"reload", AET_VERB_RELOAD},
	{"status", AET_VERB_STATUS},
	{"snapshot", AET_VERB_SNAPSHOT},
	{"restore", AET_VERB_RESTORE},
	{"stop", AET_VERB_STOP},
	{"check", AET_VERB_CHECK},
	{"help", AET_VERB_HELP},
	{"version", AET_VERB_VERSION},
};

static const struct option {
	char letter; /* '\0': none */
	const char *name;
	const char *wants; /* its value, for messages; NULL: takes none */
	unsigned verbs;
} options[] = {
	{'c', "config", "a file", EVERY},
	{'v', "verbose", NULL, EVERY},
	{'\0', "log-format", "'text' or 'json'", RUNS},
	{'\0', "json", NULL, WITH_JSON},
	{'\0', "pid", "a process number", CLIENTS},
	{'\0', "dry-run", NULL, BIT(AET_VERB_CHECK)},
	{'\0', "output", "a file", BIT(AET_VERB_SNAPSHOT)},
	{'\0', "discard-state", "a name", BIT(AET_VERB_RELOAD)},
	{'h', "help", NULL, EVERY},
	{'V', "version", NULL, EVERY},
};

/* One parse: the rest of argv, what was found, which options were given. */
struct parse {
	char **argv;
	int argc;
	int next;
	struct aet_options found;
	bool has_verb;
	unsigned given; /* bits of options[] */
	struct aet_error *err;
};

const char *aet_verb_name(enum aet_verb verb)
{
	for (size_t i = 0; i < AET_ARRAY_SIZE(verbs); i++)
		if (verbs[i].verb == verb)
			return verbs[i].name;
	return "";
}

static const char *nearest_verb(const char *word)
{
	const char *names[AET_ARRAY_SIZE(verbs)];

	for (size_t i = 0; i < AET_ARRAY_SIZE(verbs); i++)
		names[i] = verbs[i].name;
	return aet_nearest_find(word, names, AET_ARRAY_SIZE(verbs));
}

static int fail_option(struct parse *parse, const char *arg, size_t length)
{
	const char *names[AET_ARRAY_SIZE(options)];
	const char *nearest = NULL;
	char word[AET_NEAREST_MAX];

	for (size_t i = 0; i < AET_ARRAY_SIZE(options); i++)
		names[i] = options[i].name;
	if (arg[1] == '-' && length - 2 < sizeof(word)) {
		(void)snprintf(word, sizeof(word), "%.*s", (int)length - 2, arg + 2);
		nearest = aet_nearest_find(word, names, AET_ARRAY_SIZE(options));
	}
	return aet_error_set(parse->err, 0, 0, "unknown option '%.*s'%s%s%s",
		(int)AET_MIN(length, 100), arg, nearest ? ", did you mean '--" : ", see --help",
		nearest ? nearest : "", nearest ? "'?" : "");
}

static int set_pid(struct parse *parse, const char *text)
{
	int pid = 0;

	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9' || pid > 100000000)
			return aet_error_set(
				parse->err, 0, 0, "'%.100s' is not a process number", text);
		pid = pid * 10 + (*p - '0');
	}
	if (pid == 0)
		return aet_error_set(parse->err, 0, 0, "'%.100s' is not a process number", text);
	parse->found.pid = pid;
	return 0;
}

static int set_log_format(struct parse *parse, const char *text)
{
	if (strcmp(text, "text") == 0) {
		parse->found.log_format = AET_LOG_TEXT;
		return 0;
	}
	if (strcmp(text, "json") == 0) {
		parse->found.log_format = AET_LOG_JSON;
		return 0;
	}
	return aet_error_set(
		parse->err, 0, 0, "'--log-format' takes 'text' or 'json', not '%.100s'", text);
}

/* Without a name: all state. */
static int add_discarded(struct parse *parse, const char *name)
{
	if (!name) {
		parse->found.discards_all = true;
		return 0;
	}
	if (!*name || strchr(name, '\n'))
		return aet_error_set(parse->err, 0, 0, "'--discard-state=' wants a name");
	if (parse->found.discarded_count >= AET_DISCARDED_MAX)
		return aet_error_set(parse->err, 0, 0,
			"more than %d names to discard: without a name, all state is",
			AET_DISCARDED_MAX);
	parse->found.discarded[parse->found.discarded_count++] = name;
	return 0;
}

static int set_option(struct parse *parse, const struct option *option, const char *value)
{
	parse->given |= BIT(option - options);
	if (strcmp(option->name, "config") == 0) {
		if (!*value)
			return aet_error_set(parse->err, 0, 0, "'-c' wants a file, not nothing");
		parse->found.config_path = value;
	} else if (strcmp(option->name, "verbose") == 0) {
		parse->found.verbose = true;
	} else if (strcmp(option->name, "dry-run") == 0) {
		parse->found.dry_run = true;
	} else if (strcmp(option->name, "output") == 0) {
		if (!*value)
			return aet_error_set(
				parse->err, 0, 0, "'--output' wants a file, not nothing");
		parse->found.output = value;
	} else if (strcmp(option->name, "json") == 0) {
		parse->found.json = true;
	} else if (strcmp(option->name, "discard-state") == 0) {
		return add_discarded(parse, value);
	} else if (strcmp(option->name, "pid") == 0) {
		return set_pid(parse, value);
	} else if (strcmp(option->name, "log-format") == 0) {
		return set_log_format(parse, value);
	}
	return 0;
}

/* The value behind an option: joined to it, or the next word. */
static int take_value(struct parse *parse, const struct option *option, const char *shown,
	size_t length, const char **value)
{
	if (*value)
		return 0;
	if (parse->next >= parse->argc || strcmp(parse->argv[parse->next], "--") == 0)
		return aet_error_set(
			parse->err, 0, 0, "'%.*s' wants %s", (int)length, shown, option->wants);
	*value = parse->argv[parse->next++];
	return 0;
}

/* Such a value is joined to its option. */
static bool is_value_optional(const struct option *option)
{
	return strcmp(option->name, "discard-state") == 0;
}

static int take_long(struct parse *parse, const char *arg)
{
	size_t length = strcspn(arg, "=");
	const char *value = arg[length] == '=' ? arg + length + 1 : NULL;
	const struct option *option = NULL;
	int r;

	for (size_t i = 0; i < AET_ARRAY_SIZE(options); i++)
		if (strlen(options[i].name) == length - 2 &&
			strncmp(options[i].name, arg + 2, length - 2) == 0)
			option = &options[i];
	if (!option)
		return fail_option(parse, arg, length);

	if (!option->wants && value)
		return aet_error_set(parse->err, 0, 0, "'%.*s' takes no value", (int)length, arg);
	if (option->wants && !is_value_optional(option)) {
		r = take_value(parse, option, arg, length, &value);
		if (r < 0)
			return r;
	}
	return set_option(parse, option, value);
}

/* "-v", "-cFILE", "-vc FILE". */
static int take_letters(struct parse *parse, const char *arg)
{
	for (const char *letter = arg + 1; *letter; letter++) {
		const struct option *option = NULL;
		const char *value = NULL;
		char shown[3] = {'-', *letter, '\0'};
		int r;

		for (size_t i = 0; i < AET_ARRAY_SIZE(options); i++)
			if (options[i].letter == *letter)
				option = &options[i];
		if (!option)
			return fail_option(parse, shown, 2);
		if (option->wants) {
			value = letter[1] ? letter + 1 : NULL;
			r = take_value(parse, option, shown, 2, &value);
			if (r < 0)
				return r;
		}
		r = set_option(parse, option, value);
		if (r < 0 || option->wants)
			return r;
	}
	return 0;
}

static bool looks_like_config(const char *word)
{
	const char *dot = strrchr(word, '.');

	return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

/* Refuses a word that is no verb: a typo, a file without -c, or a program without "--". */
static int fail_word(struct parse *parse, const char *word)
{
	const char *name = aet_verb_name(parse->found.verb);
	const char *nearest = parse->has_verb ? NULL : nearest_verb(word);

	if (nearest)
		return aet_error_set(parse->err, 0, 0,
			"unknown command '%.100s', did you mean '%s'? (a program to run goes after "
			"'--')",
			word, nearest);
	if (looks_like_config(word))
		return aet_error_set(parse->err, 0, 0,
			"'%.100s' is in the wrong place, did you mean '-c %.100s'?", word, word);
	if (!(BIT(parse->found.verb) & COMMANDS))
		return aet_error_set(
			parse->err, 0, 0, "'%s' takes no argument '%.100s'", name, word);
	return aet_error_set(parse->err, 0, 0,
		"unknown command '%.100s', did you mean '%s%s-- %.100s'? (a program to run goes "
		"after '--')",
		word, name, *name ? " " : "", word);
}

static int take_word(struct parse *parse, const char *word)
{
	if (parse->found.verb == AET_VERB_RESTORE && !parse->found.argument && *word) {
		parse->found.argument = word;
		return 0;
	}
	if (parse->has_verb && parse->found.verb != AET_VERB_HELP)
		return fail_word(parse, word);

	for (size_t i = 0; i < AET_ARRAY_SIZE(verbs); i++) {
		if (strcmp(verbs[i].name, word) != 0)
			continue;
		if (parse->found.verb == AET_VERB_HELP)
			parse->found.help_for = verbs[i].verb;
		else
			parse->found.verb = verbs[i].verb;
		parse->has_verb = true;
		return 0;
	}
	return fail_word(parse, word);
}

static int take_command(struct parse *parse)
{
	char **command = parse->argv + parse->next;

	if (parse->next >= parse->argc)
		return aet_error_set(parse->err, 0, 0, "there is no command after '--'");
	if (!**command)
		return aet_error_set(parse->err, 0, 0, "the command after '--' is empty");
	parse->found.command = command;
	return 0;
}

static int take_all(struct parse *parse)
{
	while (parse->next < parse->argc) {
		const char *arg = parse->argv[parse->next++];
		int r;

		if (strcmp(arg, "--") == 0)
			return take_command(parse);
		if (arg[0] == '-' && arg[1] == '-')
			r = take_long(parse, arg);
		else if (arg[0] == '-' && arg[1])
			r = take_letters(parse, arg);
		else
			r = take_word(parse, arg);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_given(const struct parse *parse, const char *name)
{
	for (size_t i = 0; i < AET_ARRAY_SIZE(options); i++)
		if (strcmp(options[i].name, name) == 0)
			return parse->given & BIT(i);
	return false;
}

/* Turns --help, --version and `help VERB` into their verbs. True: ignore the rest. */
static bool take_help(struct parse *parse)
{
	if (is_given(parse, "help") && parse->found.verb != AET_VERB_HELP) {
		parse->found.help_for = parse->found.verb;
		parse->found.verb = AET_VERB_HELP;
	} else if (is_given(parse, "version")) {
		parse->found.verb = AET_VERB_VERSION;
	}
	if (parse->found.help_for == AET_VERB_HELP || parse->found.help_for == AET_VERB_VERSION)
		parse->found.help_for = AET_VERB_RUN;
	return parse->found.verb == AET_VERB_HELP || parse->found.verb == AET_VERB_VERSION;
}

static int check_together(const struct parse *parse)
{
	unsigned verb = BIT(parse->found.verb);
	const char *name = aet_verb_name(parse->found.verb);

	for (size_t i = 0; i < AET_ARRAY_SIZE(options); i++)
		if (parse->given & BIT(i) && !(options[i].verbs & verb))
			return aet_error_set(parse->err, 0, 0, "'--%s' means nothing %s%s%s",
				options[i].name,
				*name ? "to '" : "without a command such as 'status'", name,
				*name ? "'" : "");
	if (parse->found.command && !(verb & COMMANDS))
		return aet_error_set(parse->err, 0, 0, "'%s' takes no command to run", name);
	if (parse->found.pid && parse->found.config_path)
		return aet_error_set(parse->err, 0, 0,
			"'-c' and '--pid' both name a launcher: give one of them");
	return 0;
}

int aet_options_parse(int argc, char **argv, struct aet_options *ret_options, struct aet_error *err)
{
	struct parse parse = {.argv = argv, .argc = argc, .next = 1, .err = err};
	int r;

	r = take_all(&parse);
	if (r < 0)
		return r;
	if (!take_help(&parse)) {
		r = check_together(&parse);
		if (r < 0)
			return r;
		if (parse.found.verb == AET_VERB_START)
			parse.found.verb = AET_VERB_RUN;
	}
	*ret_options = parse.found;
	return 0;
}
