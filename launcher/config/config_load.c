/*
 * Puts a configuration together: defaults from the table of keys, the file over them, the command
 * line over that. A half-made one is never seen: it is handed out whole or freed.
 */
#include "config/config_load.h"

#include "base/nearest.h"
#include "base/string_list.h"
#include "config/config_field.h"
#include "config/config_file.h"
#include "config/config_keys.h"
#include "config/yaml_tree.h"
#include "util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_MAX 64 /* more than the table has */

static const char *const sections[] = {"service", "handoff"};

static int fail_memory(struct aet_error *err)
{
	(void)aet_error_set(err, 0, 0, "out of memory");
	return -ENOMEM;
}

/* The place for a key that is unknown here: its own section, or a key it may be meant for. */
static int fail_unknown(
	const char *section, const struct aet_yaml_node *node, struct aet_error *err)
{
	const struct aet_config_key *elsewhere = aet_config_key_find(NULL, node->text);
	const char *names[KEYS_MAX];
	const char *nearest;
	size_t count = 0;

	if (elsewhere)
		return aet_error_set(err, node->line, node->column,
			"unknown key '%s' %s%s, it belongs under '%s'", node->text,
			section ? "under " : "at the top", section ? section : "",
			elsewhere->section);

	for (size_t i = 0; section && i < aet_config_key_count && count < KEYS_MAX; i++)
		if (strcmp(aet_config_keys[i].section, section) == 0)
			names[count++] = aet_config_keys[i].name;
	for (size_t i = 0; !section && i < AET_ARRAY_SIZE(sections); i++)
		names[count++] = sections[i];
	nearest = aet_nearest_find(node->text, names, count);
	return aet_error_set(err, node->line, node->column, "unknown key '%.100s'%s%s%s",
		node->text, nearest ? ", did you mean '" : "", nearest ? nearest : "",
		nearest ? "'?" : "");
}

static int apply_section(struct aet_config *config, const char *section,
	const struct aet_yaml_node *map, struct aet_error *err)
{
	if (aet_yaml_is_null(map))
		return 0; /* everything in it is commented out */
	if (map->kind != AET_YAML_MAP)
		return aet_error_set(err, map->line, map->column,
			"'%s' must be a map of keys, not %s", section, aet_yaml_kind_name(map));

	for (size_t i = 0; i < map->count; i++) {
		const struct aet_yaml_node *name = aet_yaml_key(map, i);
		const struct aet_config_key *key = aet_config_key_find(section, name->text);
		int r;

		if (!key)
			return fail_unknown(section, name, err);
		r = aet_config_field_set(config, key, aet_yaml_value(map, i), err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int apply_root(
	struct aet_config *config, const struct aet_yaml_node *root, struct aet_error *err)
{
	if (!root || aet_yaml_is_null(root))
		return 0;
	if (root->kind != AET_YAML_MAP)
		return aet_error_set(err, root->line, root->column,
			"the file must be a map with 'service' and 'handoff' in it, not %s",
			aet_yaml_kind_name(root));

	for (size_t i = 0; i < root->count; i++) {
		const struct aet_yaml_node *name = aet_yaml_key(root, i);
		size_t s = 0;
		int r;

		while (s < AET_ARRAY_SIZE(sections) && strcmp(sections[s], name->text) != 0)
			s++;
		if (s == AET_ARRAY_SIZE(sections))
			return fail_unknown(NULL, name, err);
		r = apply_section(config, sections[s], aet_yaml_value(root, i), err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* path NULL: no file is fine too. */
static int apply_file(struct aet_config *config, const char *path, struct aet_error *err)
{
	struct aet_yaml_tree tree = {0};
	struct aet_error not_found;
	size_t length = 0;
	char *text = NULL;
	int r;

	r = aet_config_file_read(
		path ? path : AET_CONFIG_DEFAULT_FILE, &text, &length, path ? err : &not_found);
	if (r == -ENOENT && !path)
		return 0;
	if (r < 0) {
		if (!path && err)
			*err = not_found;
		return r;
	}

	r = aet_yaml_parse(text, length, &tree, err);
	free(text);
	if (r == 0)
		r = apply_root(config, tree.root, err);
	aet_yaml_free(&tree);
	config->has_file = true;
	return r;
}

static int apply_defaults(struct aet_config *config, const char *path, struct aet_error *err)
{
	config->path = aet_config_path(path);
	if (!config->path) {
		int error = errno;

		(void)aet_error_set(
			err, 0, 0, "cannot tell the working directory: %s", strerror(error));
		return -error;
	}

	for (size_t i = 0; i < aet_config_key_count; i++) {
		int r = aet_config_field_set_default(config, &aet_config_keys[i]);

		if (r < 0)
			return r == -ENOMEM ? fail_memory(err) : r;
	}
	return 0;
}

static int apply_command(struct aet_config *config, char *const *command, struct aet_error *err)
{
	char **copy;

	if (!command[0] || !*command[0])
		return aet_error_set(err, 0, 0, "the command names no program");

	copy = aet_strings_copy(command);
	if (!copy)
		return fail_memory(err);
	aet_strings_free(config->command);
	config->command = copy;
	return 0;
}

static int complete(struct aet_config *config, bool command_optional, struct aet_error *err)
{
	if (!config->name)
		config->name = aet_config_file_service_name(config->path);
	if (!config->env)
		config->env = calloc(1, sizeof(*config->env));
	if (!config->listen)
		config->listen = calloc(1, sizeof(*config->listen));
	if (!config->name || !config->env || !config->listen)
		return fail_memory(err);
	if (config->command || command_optional)
		return 0;

	if (config->has_file)
		return aet_error_set(err, 0, 0,
			"'%.300s' has no 'service.command', and there is none after '--'",
			config->path);
	(void)aet_error_set(err, 0, 0,
		"no command: give one after '--', or name a file with -c (there is no '%s' here)",
		AET_CONFIG_DEFAULT_FILE);
	return -ENODATA;
}

int aet_config_load(const char *path, char *const *command, bool command_optional,
	struct aet_config **ret_config, struct aet_error *err)
{
	struct aet_config *config;
	int r;

	config = calloc(1, sizeof(*config));
	if (!config)
		return fail_memory(err);

	r = apply_defaults(config, path, err);
	if (r == 0)
		r = apply_file(config, path, err);
	if (r == 0 && command)
		r = apply_command(config, command, err);
	if (r == 0)
		r = complete(config, command_optional, err);
	if (r < 0) {
		aet_config_free(config);
		return r;
	}
	*ret_config = config;
	return 0;
}
