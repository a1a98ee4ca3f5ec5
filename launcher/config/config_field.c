/*
 * From a node to a field: types, bounds, words; config_list.c sets the lists. Every message names
 * the key and what it takes; its place is the node's. config_keys.c says where each field lies in
 * struct aet_config.
 */
#include "config/config_field.h"

#include "base/nearest.h"
#include "base/signal_name.h"
#include "config/config_list.h"
#include "config/config_value.h"
#include "config/duration.h"
#include "util.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int set_text(const struct aet_value *value, char **field)
{
	const char *text = value->node->text;
	bool is_name = strcmp(value->key->name, "name") == 0;
	char *copy;

	if (!aet_yaml_is_text(value->node))
		return aet_value_fail_type(value, "text");
	if (!*text)
		return aet_value_fail(value, value->node, "is empty");
	if (is_name && strlen(text) > AET_CONFIG_MAX_NAME)
		return aet_value_fail(value, value->node, "is longer than 100 characters");
	for (const char *c = text; is_name && *c; c++)
		if (iscntrl((unsigned char)*c))
			return aet_value_fail(value, value->node, "has an unprintable character");

	copy = strdup(text);
	if (!copy)
		return aet_value_fail_memory(value);
	free(*field);
	*field = copy;
	return 0;
}

/* The launcher and the program may have other working directories at other times. */
static int set_path(const struct aet_value *value, char **field)
{
	const char *text = value->node->text;
	const char *slash;

	if (!aet_yaml_is_text(value->node))
		return aet_value_fail_type(value, "a path");
	slash = strrchr(text, '/');
	if (text[0] != '/' || !slash[1])
		return aet_value_fail(value, value->node,
			"must be the absolute path of a file, as in /var/lib/agent/state");
	if (strlen(text) > AET_CONFIG_MAX_PATH || strlen(slash + 1) > AET_CONFIG_MAX_FILE)
		return aet_value_fail(value, value->node, "is too long");
	return set_text(value, field);
}

static int fail_word(const struct aet_value *value)
{
	const char *const *words = value->key->words;
	const char *text = value->node->text, *nearest;
	char list[128] = "";
	size_t count = 0;

	for (; count < AET_KEY_WORDS_MAX && words[count]; count++) {
		size_t used = strlen(list);

		(void)snprintf(
			list + used, sizeof(list) - used, "%s%s", count ? ", " : "", words[count]);
	}
	nearest = aet_nearest_find(text, words, count);
	return aet_error_set(value->err, value->node->line, value->node->column,
		"'%s.%s' cannot be '%.100s': it takes %s%s%s%s%s", value->key->section,
		value->key->name, text, count > 1 ? "one of " : "", list,
		nearest ? ", did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static int set_word(const struct aet_value *value, void *field)
{
	const char *const *words = value->key->words;

	if (!aet_yaml_is_text(value->node))
		return aet_value_fail_type(value, "a word");

	for (unsigned i = 0; i < AET_KEY_WORDS_MAX && words[i]; i++) {
		if (strcmp(value->node->text, words[i]) == 0) {
			/* An enum without negative values is an unsigned int to gcc and clang. */
			memcpy(field, &i, sizeof(i));
			return 0;
		}
	}
	return fail_word(value);
}

static int set_signal(const struct aet_value *value, int *field)
{
	int number;

	if (!aet_yaml_is_text(value->node))
		return aet_value_fail_type(value, "the name of a signal, as in QUIT");
	number = aet_signal_number(value->node->text);
	if (number <= 0)
		return aet_error_set(value->err, value->node->line, value->node->column,
			"'%s.%s' cannot be '%.100s': it takes the name of a signal that a program "
			"can handle, as in TERM, INT, QUIT, USR1, WINCH or RTMIN+3",
			value->key->section, value->key->name, value->node->text);
	*field = number;
	return 0;
}

static int set_bool(const struct aet_value *value, bool *field)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {{"true", true}, {"false", false}, {"yes", true}, {"no", false}, {"on", true},
		{"off", false}};

	if (!aet_yaml_is_text(value->node) || !value->node->is_plain)
		return aet_value_fail_type(value, "true or false");
	for (size_t i = 0; i < AET_ARRAY_SIZE(words); i++) {
		if (strcasecmp(value->node->text, words[i].word) == 0) {
			*field = words[i].value;
			return 0;
		}
	}
	return aet_error_set(value->err, value->node->line, value->node->column,
		"'%s.%s' must be true or false, not '%.100s'", value->key->section,
		value->key->name, value->node->text);
}

static int set_duration(const struct aet_value *value, uint64_t *field)
{
	const char *why;
	uint64_t ms;

	if (!aet_yaml_is_text(value->node))
		return aet_value_fail_type(value, "a duration, as in 5s");
	why = aet_duration_parse(value->node->text, &ms);
	if (!why && ms < value->key->min_ms)
		why = "is too short: it must be more than zero";
	if (why)
		return aet_error_set(value->err, value->node->line, value->node->column,
			"'%s.%s' is '%.100s', which %s", value->key->section, value->key->name,
			value->node->text, why);

	*field = ms;
	return 0;
}

int aet_config_field_set(struct aet_config *config, const struct aet_config_key *key,
	const struct aet_yaml_node *node, struct aet_error *err)
{
	struct aet_value value = {.key = key, .node = node, .err = err};
	void *field = (char *)config + key->offset;

	switch (key->type) {
	case AET_KEY_TEXT:
		return set_text(&value, field);
	case AET_KEY_PATH:
		return set_path(&value, field);
	case AET_KEY_ARGV:
		return aet_list_set_argv(&value, field);
	case AET_KEY_ENV:
		return aet_list_set_env(&value, field);
	case AET_KEY_LISTEN:
		return aet_list_set_listen(&value, field);
	case AET_KEY_PATTERNS:
		return aet_list_set_patterns(&value, field);
	case AET_KEY_NAMES:
		return aet_list_set_names(&value, field);
	case AET_KEY_ATTRIBUTES:
		return aet_list_set_attributes(&value, field);
	case AET_KEY_DURATION:
		return set_duration(&value, field);
	case AET_KEY_SIGNAL:
		return set_signal(&value, field);
	case AET_KEY_WORD:
		return set_word(&value, field);
	case AET_KEY_BOOL:
	default:
		return set_bool(&value, field);
	}
}

int aet_config_field_set_default(struct aet_config *config, const struct aet_config_key *key)
{
	struct aet_yaml_node node = {.kind = AET_YAML_SCALAR, .is_plain = true};
	char text[32];

	if (!key->fallback)
		return 0;
	(void)snprintf(text, sizeof(text), "%s", key->fallback);
	node.text = text;
	return aet_config_field_set(config, key, &node, NULL);
}
