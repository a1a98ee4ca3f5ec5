/*
 * One value of the configuration: from a node of the file, or a default's text, into its field.
 */
#ifndef AET_CONFIG_VALUE_H
#define AET_CONFIG_VALUE_H

#include "config/config.h"
#include "config/config_keys.h"
#include "config/yaml_tree.h"

#define AET_CONFIG_MAX_NAME 100 /* bytes of service.name */

/* One value on its way: which key, which node, where to complain. */
struct aet_value {
	const struct aet_config_key *key;
	const struct aet_yaml_node *node;
	struct aet_error *err;
};

/*
 * Checks node and stores it in the key's field, whose old value is freed. 0, or -errno with *err
 * filled and the field untouched.
 */
int aet_config_value_set(struct aet_config *config, const struct aet_config_key *key,
	const struct aet_yaml_node *node, struct aet_error *err);

/* Stores the default of the key, if it has one. */
int aet_config_value_default(struct aet_config *config, const struct aet_config_key *key);

/* "5s", "1.5m", "200ms" to milliseconds. NULL, or a literal that says what is wrong. */
const char *aet_duration_parse(const char *text, uint64_t *ret_ms);

/* "'section.key' <text>" at the place of node; -EINVAL. */
int aet_value_fail(
	const struct aet_value *value, const struct aet_yaml_node *node, const char *text);

/* "'section.key' must be <wanted>, not <what it is>"; -EINVAL. */
int aet_value_fail_type(const struct aet_value *value, const char *wanted);

/* -ENOMEM. */
int aet_value_fail_memory(const struct aet_value *value);

#endif
