/*
 * The keys of aeterna.yaml as a table: the name of each, what it takes, its field, and the sentence
 * that explains it. Reading, checking and the help text all use this table.
 */
#ifndef AET_CONFIG_KEYS_H
#define AET_CONFIG_KEYS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum aet_key_type {
	AET_KEY_TEXT, /* char * */
	AET_KEY_PATH, /* char *, an absolute path of a file */
	AET_KEY_ARGV, /* char **, a program and its arguments */
	AET_KEY_ENV, /* char **, list of KEY=VALUE, or a map */
	AET_KEY_LISTEN, /* char **, addresses */
	AET_KEY_PATTERNS, /* char **, addresses with '*' and '?' */
	AET_KEY_NAMES, /* char **, globals of Python: module:NAME, and presets */
	AET_KEY_ATTRIBUTES, /* char **, attributes of Python's objects: module:NAME.attribute */
	AET_KEY_DURATION, /* uint64_t, milliseconds */
	AET_KEY_SIGNAL, /* int, the number of a signal */
	AET_KEY_WORD, /* an enum whose values are the indices in words */
	AET_KEY_BOOL, /* bool */
};

#define AET_KEY_WORDS_MAX 8

struct aet_config_key {
	const char *section;
	const char *name;
	enum aet_key_type type;
	size_t offset; /* of its field in struct aet_config */
	const char *fallback; /* its default as text; NULL: none */
	const char *words[AET_KEY_WORDS_MAX]; /* of a word, up to a NULL */
	uint64_t min_ms; /* of a duration */
	const char *help;
};

extern const struct aet_config_key aet_config_keys[];
extern const size_t aet_config_key_count;

/* Finds a key in a section (NULL: in any); NULL: it does not exist. */
const struct aet_config_key *aet_config_key_find(const char *section, const char *name);

/* Explains every key. 0, or -EIO. */
int aet_config_keys_print_help(FILE *out);

#endif
