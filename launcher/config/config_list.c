/*
 * The lists of the configuration: a command, variables, addresses. A list is stored whole or not
 * at all; each message names one item and its place.
 */
#include "config/config_list.h"

#include "address.h"
#include "address_parse.h"
#include "base/string_list.h"
#include "util.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes the item-th text of a list: a copy, or -errno with *err filled. */
typedef int aet_item_maker(
	const struct aet_value *value, char **made, size_t item, char **ret_text);

static int copy_text(const struct aet_value *value, const char *text, char **ret_text)
{
	*ret_text = strdup(text);
	return *ret_text ? 0 : aet_value_fail_memory(value);
}

static int set_strings(const struct aet_value *value, aet_item_maker *make, char ***field)
{
	size_t count = value->node->count;
	char **strings;

	strings = calloc(count + 1, sizeof(*strings));
	if (!strings)
		return aet_value_fail_memory(value);

	for (size_t i = 0; i < count; i++) {
		int r = make(value, strings, i, &strings[i]);

		if (r < 0) {
			aet_strings_free(strings);
			return r;
		}
	}
	aet_strings_free(*field);
	*field = strings;
	return 0;
}

static int make_argument(const struct aet_value *value, char **made, size_t item, char **ret_text)
{
	const struct aet_yaml_node *node = value->node->items[item];

	(void)made;
	if (!aet_yaml_is_text(node))
		return aet_error_set(value->err, node->line, node->column,
			"'%s.%s' is a list of words, and this is %s", value->key->section,
			value->key->name, aet_yaml_kind_name(node));
	if (item == 0 && !*node->text)
		return aet_value_fail(value, node, "names no program: its first word is empty");
	return copy_text(value, node->text, ret_text);
}

int aet_list_set_argv(const struct aet_value *value, char ***field)
{
	const struct aet_yaml_node *node = value->node;

	if (aet_yaml_is_text(node) && !strpbrk(node->text, " \t\"'\\"))
		return aet_error_set(value->err, node->line, node->column,
			"'%s.%s' must be a list: write it as [\"%.100s\"]", value->key->section,
			value->key->name, node->text);
	if (node->kind != AET_YAML_LIST)
		return aet_value_fail_type(
			value, "a list: write it as [\"program\", \"argument\"]");
	if (node->count == 0)
		return aet_value_fail(value, value->node, "is empty: it must name a program");
	return set_strings(value, make_argument, field);
}

static bool is_env_name(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c != '_' && !(c < 0x80 && isalpha(c)) && !(i > 0 && isdigit(c)))
			return false;
	}
	return length > 0;
}

/* Refuses a malformed name and a duplicate. */
static int check_env(const struct aet_value *value, const struct aet_yaml_node *node, char **made,
	size_t item, size_t name_length, const char *text)
{
	if (!is_env_name(text, name_length))
		return aet_error_set(value->err, node->line, node->column,
			"'%.*s' is not the name of a variable: use letters, digits and '_', and "
			"no digit first",
			(int)AET_MIN(name_length, 100), text);
	for (size_t i = 0; i < item; i++)
		if (strncmp(made[i], text, name_length) == 0 && made[i][name_length] == '=')
			return aet_error_set(value->err, node->line, node->column,
				"the variable '%.*s' is set twice", (int)AET_MIN(name_length, 100),
				text);
	return 0;
}

static int make_env_item(const struct aet_value *value, char **made, size_t item, char **ret_text)
{
	const struct aet_yaml_node *node = value->node->items[item];
	const char *equals;
	int r;

	if (!aet_yaml_is_text(node))
		return aet_error_set(value->err, node->line, node->column,
			"'%s.%s' is a list of KEY=VALUE, and this is %s", value->key->section,
			value->key->name, aet_yaml_kind_name(node));
	equals = strchr(node->text, '=');
	if (!equals)
		return aet_error_set(value->err, node->line, node->column,
			"'%.100s' lacks a '=': the items of '%s.%s' are KEY=VALUE", node->text,
			value->key->section, value->key->name);
	r = check_env(value, node, made, item, (size_t)(equals - node->text), node->text);
	if (r < 0)
		return r;
	return copy_text(value, node->text, ret_text);
}

static int make_env_pair(const struct aet_value *value, char **made, size_t item, char **ret_text)
{
	const struct aet_yaml_node *key = aet_yaml_key(value->node, item);
	const struct aet_yaml_node *node = aet_yaml_value(value->node, item);
	size_t size;
	int r;

	r = check_env(value, key, made, item, strlen(key->text), key->text);
	if (r < 0)
		return r;
	if (!aet_yaml_is_text(node))
		return aet_error_set(value->err, node->line, node->column,
			"the variable '%.100s' must be text, not %s%s", key->text,
			aet_yaml_kind_name(node),
			aet_yaml_is_null(node) ? ": write \"\" for an empty one" : "");

	size = strlen(key->text) + strlen(node->text) + 2;
	*ret_text = malloc(size);
	if (!*ret_text)
		return aet_value_fail_memory(value);
	(void)snprintf(*ret_text, size, "%s=%s", key->text, node->text);
	return 0;
}

int aet_list_set_env(const struct aet_value *value, char ***field)
{
	if (value->node->kind == AET_YAML_MAP)
		return set_strings(value, make_env_pair, field);
	if (value->node->kind == AET_YAML_LIST)
		return set_strings(value, make_env_item, field);
	return aet_value_fail_type(value, "a list of KEY=VALUE, or a map");
}

static int make_address(const struct aet_value *value, char **made, size_t item, char **ret_text)
{
	const struct aet_yaml_node *node = value->node->items[item];
	struct aet_address address, other;
	const char *why;

	if (!aet_yaml_is_text(node))
		return aet_error_set(value->err, node->line, node->column,
			"'%s.%s' is a list of addresses, and this is %s", value->key->section,
			value->key->name, aet_yaml_kind_name(node));
	if (aet_address_parse(node->text, &address, &why) < 0)
		return aet_error_set(
			value->err, node->line, node->column, "'%.150s' %s", node->text, why);

	/* Each port 0 means another port. */
	for (size_t i = 0; i < item; i++) {
		bool is_any = address.family != AF_UNIX && aet_address_port(&address) == 0;

		if (is_any || aet_address_parse(made[i], &other, NULL) < 0)
			continue;
		if (memcmp(&address, &other, sizeof(address)) == 0)
			return aet_error_set(value->err, node->line, node->column,
				"'%.150s' appears twice", node->text);
	}
	return copy_text(value, node->text, ret_text);
}

/* module:NAME, module:object.attribute: dotted identifiers on both sides of one colon. */
static bool is_name(const char *text)
{
	int colons = 0;
	bool begins = true;

	for (; *text; text++) {
		if (*text == ':' || *text == '.') {
			if (begins || (*text == ':' && ++colons > 1))
				return false;
			begins = true;
			continue;
		}
		if (!isalpha((unsigned char)*text) && *text != '_' &&
			(begins || !isdigit((unsigned char)*text)))
			return false;
		begins = false;
	}
	return colons == 1 && !begins;
}

static int fail_name(const struct aet_value *value, const struct aet_yaml_node *node)
{
	bool is_state = value->key->type == AET_KEY_NAMES;

	return aet_error_set(value->err, node->line, node->column,
		"'%s.%s' is a list of names like %s, and this is %s%.100s%s", value->key->section,
		value->key->name, is_state ? "my_agent:HISTORY" : "my_agent:AGENT.lock",
		aet_yaml_is_text(node) ? "'" : aet_yaml_kind_name(node),
		aet_yaml_is_text(node) ? node->text : "", aet_yaml_is_text(node) ? "'" : "");
}

static int add_name(const struct aet_value *value, const struct aet_yaml_node *node, char **made,
	size_t item, const char *text, char **ret_text)
{
	for (size_t i = 0; i < item; i++)
		if (made[i] && strcmp(made[i], text) == 0)
			return aet_error_set(value->err, node->line, node->column,
				"'%.150s' appears twice", text);
	return copy_text(value, text, ret_text);
}

/* What the Python module knows the parts of: python/aeterna/_presets.py. */
static bool is_preset(const char *text)
{
	return strcmp(text, "langgraph") == 0;
}

/* module:NAME.* is each attribute by itself. */
static bool is_state_name(const char *text)
{
	size_t length = strlen(text);
	char name[AET_CONFIG_MAX_STATE_NAME];

	if (length >= sizeof(name))
		return false;
	if (length > 2 && strcmp(text + length - 2, ".*") == 0)
		length -= 2;
	(void)snprintf(name, sizeof(name), "%.*s", (int)length, text);
	return is_name(name);
}

/* `langgraph: module:NAME`, a map of one, and the same as text. */
static int make_preset(const struct aet_value *value, const struct aet_yaml_node *node, char **made,
	size_t item, char **ret_text)
{
	char preset[32] = "";
	char text[AET_CONFIG_MAX_STATE_NAME + sizeof(preset)];
	const char *name = "";

	if (node->kind == AET_YAML_MAP) {
		if (node->count != 1 || !aet_yaml_is_text(aet_yaml_value(node, 0)))
			return fail_name(value, node);
		(void)snprintf(preset, sizeof(preset), "%s", aet_yaml_key(node, 0)->text);
		name = aet_yaml_value(node, 0)->text;
	} else {
		const char *colon = strstr(node->text, ": ");

		(void)snprintf(
			preset, sizeof(preset), "%.*s", (int)(colon - node->text), node->text);
		name = colon + 2;
	}
	if (!is_preset(preset))
		return aet_error_set(value->err, node->line, node->column,
			"'%s.%s' knows no preset '%s', only 'langgraph'", value->key->section,
			value->key->name, preset);
	if (strlen(name) >= AET_CONFIG_MAX_STATE_NAME || !is_name(name))
		return fail_name(value, node);
	(void)snprintf(text, sizeof(text), "%s: %s", preset, name);
	return add_name(value, node, made, item, text, ret_text);
}

static int make_name(const struct aet_value *value, char **made, size_t item, char **ret_text)
{
	const struct aet_yaml_node *node = value->node->items[item];

	if (node->kind == AET_YAML_MAP || (aet_yaml_is_text(node) && strstr(node->text, ": ")))
		return make_preset(value, node, made, item, ret_text);
	if (!aet_yaml_is_text(node) || !is_state_name(node->text))
		return fail_name(value, node);
	return add_name(value, node, made, item, node->text, ret_text);
}

/* An attribute of an object: module:NAME.attribute. */
static int make_attribute(const struct aet_value *value, char **made, size_t item, char **ret_text)
{
	const struct aet_yaml_node *node = value->node->items[item];
	const char *colon = aet_yaml_is_text(node) ? strchr(node->text, ':') : NULL;

	if (!colon || !is_name(node->text) || !strchr(colon, '.'))
		return fail_name(value, node);
	return add_name(value, node, made, item, node->text, ret_text);
}

/* Addresses with wildcards, which begin like addresses. */
static int make_pattern(const struct aet_value *value, char **made, size_t item, char **ret_text)
{
	const struct aet_yaml_node *node = value->node->items[item];

	if (!aet_yaml_is_text(node) ||
		strncmp(node->text + strspn(node->text, "cdinptux6"), "://", 3) != 0)
		return aet_error_set(value->err, node->line, node->column,
			"'%s.%s' is a list of addresses like unix:///tmp/x-*", value->key->section,
			value->key->name);
	return add_name(value, node, made, item, node->text, ret_text);
}

/* Sets a list of texts that `make` makes; `what` names them in messages. */
static int set_texts(const struct aet_value *value, const char *what, size_t most,
	const char *too_many, aet_item_maker *make, char ***field)
{
	const struct aet_yaml_node *node = value->node;

	if (aet_yaml_is_text(node))
		return aet_error_set(value->err, node->line, node->column,
			"'%s.%s' must be a list: write it as [\"%.150s\"]", value->key->section,
			value->key->name, node->text);
	if (node->kind != AET_YAML_LIST)
		return aet_value_fail_type(value, what);
	if (node->count > most)
		return aet_value_fail(value, node->items[most], too_many);
	return set_strings(value, make, field);
}

int aet_list_set_listen(const struct aet_value *value, char ***field)
{
	return set_texts(value, "a list of addresses", AET_CONFIG_MAX_LISTEN,
		"has more than 64 addresses", make_address, field);
}

int aet_list_set_patterns(const struct aet_value *value, char ***field)
{
	return set_texts(value, "a list of addresses like unix:///tmp/x-*", AET_CONFIG_MAX_NAMES,
		"has more than 256 addresses", make_pattern, field);
}

int aet_list_set_names(const struct aet_value *value, char ***field)
{
	return set_texts(value, "a list of names like my_agent:HISTORY", AET_CONFIG_MAX_NAMES,
		"has more than 256 names", make_name, field);
}

int aet_list_set_attributes(const struct aet_value *value, char ***field)
{
	return set_texts(value, "a list of names like my_agent:AGENT.lock", AET_CONFIG_MAX_NAMES,
		"has more than 256 names", make_attribute, field);
}
