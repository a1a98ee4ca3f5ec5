/*
 * The lists of the configuration: a command, variables, addresses. A list is stored whole or not
 * at all; each message is about one item and stands at its place.
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

/* Refuses a bad name and one that was there before. */
static int check_env(const struct aet_value *value, const struct aet_yaml_node *node, char **made,
	size_t item, size_t name_length, const char *text)
{
	if (!is_env_name(text, name_length))
		return aet_error_set(value->err, node->line, node->column,
			"'%.*s' is not the name of a variable: letters, digits and '_' are wanted, "
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

	/* Port 0 is a new port each time. */
	for (size_t i = 0; i < item; i++) {
		bool is_any = address.family != AF_UNIX && aet_address_port(&address) == 0;

		if (is_any || aet_address_parse(made[i], &other, NULL) < 0)
			continue;
		if (memcmp(&address, &other, sizeof(address)) == 0)
			return aet_error_set(value->err, node->line, node->column,
				"'%.150s' is there twice", node->text);
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

static int make_name(const struct aet_value *value, char **made, size_t item, char **ret_text)
{
	const struct aet_yaml_node *node = value->node->items[item];

	if (!aet_yaml_is_text(node) || !is_name(node->text))
		return aet_error_set(value->err, node->line, node->column,
			"'%s.%s' is a list of names like my_agent:HISTORY, and this is %s%.100s%s",
			value->key->section, value->key->name,
			aet_yaml_is_text(node) ? "'" : aet_yaml_kind_name(node),
			aet_yaml_is_text(node) ? node->text : "",
			aet_yaml_is_text(node) ? "'" : "");
	for (size_t i = 0; i < item; i++)
		if (made[i] && strcmp(made[i], node->text) == 0)
			return aet_error_set(value->err, node->line, node->column,
				"'%.150s' is there twice", node->text);
	return copy_text(value, node->text, ret_text);
}

/* A list of texts, each made by make; what names them in messages. */
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

int aet_list_set_names(const struct aet_value *value, char ***field)
{
	return set_texts(value, "a list of names like my_agent:HISTORY", AET_CONFIG_MAX_NAMES,
		"has more than 256 names", make_name, field);
}
