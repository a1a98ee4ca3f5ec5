#include "base/shell_words.h"

#include <stdbool.h>
#include <string.h>

#include "util.h"

/* One command of the line, up to what separates it from the next. */
struct command {
	const char *words[65];
	size_t count;
	bool is_redirected; /* what follows are files, and more arguments: not looked at */
};

struct split {
	const char *at;
	char *text;
	size_t size;
	size_t used;
	struct command now;
	struct command last; /* the last one that is a program's */
	bool failed;
};

static bool is_one_of(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

static void end_command(struct split *split)
{
	static const char *const beside[] = {"exit", "wait", ":", "true", "cd", "export", "set",
		"source", ".", "ulimit", "umask", "trap", "unset", "echo", "return", "sleep"};
	static const char *const keywords[] = {"if", "for", "while", "until", "case", "{", "!",
		"then", "do", "done", "fi", "else", "esac", "function", "eval", "}"};
	struct command *now = &split->now;

	if (now->count > 0 && is_one_of(now->words[0], keywords, AET_ARRAY_SIZE(keywords)))
		split->failed = true;
	if (now->count > 0 && !is_one_of(now->words[0], beside, AET_ARRAY_SIZE(beside)))
		split->last = *now;
	*now = (struct command){0};
}

static void put(struct split *split, char c)
{
	if (split->used + 1 < split->size)
		split->text[split->used++] = c;
	else
		split->failed = true;
}

/* From its first character to the one after its last. */
static void take_word(struct split *split)
{
	const char *start = split->text + split->used;
	char quote = '\0';

	for (; *split->at && (quote || !strchr(" \t\n;&|<>()", *split->at)); split->at++) {
		char c = *split->at;

		if (c == quote)
			quote = '\0';
		else if (!quote && (c == '\'' || c == '"'))
			quote = c;
		else if (c == '\\' && quote != '\'' && split->at[1])
			put(split, *++split->at);
		else
			put(split, c);
	}
	split->failed = split->failed || quote;
	put(split, '\0');
	if (split->now.is_redirected)
		return;
	if (split->now.count + 1 < AET_ARRAY_SIZE(split->now.words))
		split->now.words[split->now.count++] = start;
}

/* "2>", "2>&1", "&>": the digit before is a word of its own by now. */
static void take_redirection(struct split *split)
{
	struct command *now = &split->now;

	if (strncmp(split->at, "<<", 2) == 0)
		split->failed = true; /* its text follows in the next lines */
	if (now->count > 1 && strlen(now->words[now->count - 1]) == 1 &&
		strchr("012", *now->words[now->count - 1]))
		now->count--;
	now->is_redirected = true;
	split->at += strspn(split->at, "<>&");
}

static void take_separator(struct split *split)
{
	const char *at = split->at;

	if (*at == '<' || *at == '>' || (*at == '&' && at[1] == '>')) {
		take_redirection(split);
	} else if (*at == ';' || *at == '\n') {
		end_command(split);
		split->at++;
	} else if ((*at == '&' || *at == '|') && at[1] == *at) {
		end_command(split);
		split->at += 2;
	} else {
		split->failed = true; /* a pipe, a subshell, a job in the background */
	}
}

size_t aet_shell_words(const char *line, char *text, size_t size, size_t *ret_used,
	const char **ret_argv, size_t max)
{
	struct split split = {.at = line, .text = text, .size = size};
	size_t count;

	while (!split.failed && *(split.at += strspn(split.at, " \t"))) {
		if (*split.at == '#')
			split.at += strcspn(split.at, "\n");
		else if (strchr("\n;&|<>()", *split.at))
			take_separator(&split);
		else
			take_word(&split);
	}
	end_command(&split);
	count = split.last.count;
	if (split.failed || count == 0 || count > max)
		return 0;
	memcpy(ret_argv, split.last.words, count * sizeof(*ret_argv));
	ret_argv[count] = NULL;
	*ret_used = split.used;
	return count;
}
