/*
 * A value of the file while it is checked, and the messages about it.
 */
#ifndef AET_CONFIG_VALUE_H
#define AET_CONFIG_VALUE_H

#include "base/error.h"
#include "config/config_keys.h"
#include "config/yaml_node.h"

/* The value to check, the key it belongs to, and where the message goes. */
struct aet_value {
	const struct aet_config_key *key;
	const struct aet_yaml_node *node;
	struct aet_error *err;
};

/* "'section.key' <text>" at the place of node; -EINVAL. */
int aet_value_fail(
	const struct aet_value *value, const struct aet_yaml_node *node, const char *text);

/* "'section.key' must be <wanted>, not <what it is>"; -EINVAL. */
int aet_value_fail_type(const struct aet_value *value, const char *wanted);

/* -ENOMEM. */
int aet_value_fail_memory(const struct aet_value *value);

#endif
