/*
 * One field of the configuration, set from a node of the file or from the text of its default.
 */
#ifndef AET_CONFIG_FIELD_H
#define AET_CONFIG_FIELD_H

#include "config/config.h"
#include "config/config_keys.h"
#include "config/yaml_node.h"

struct aet_error;

/*
 * Checks node and stores it in the key's field, whose old value is freed. 0, or -errno with *err
 * filled and the field untouched.
 */
int aet_config_field_set(struct aet_config *config, const struct aet_config_key *key,
	const struct aet_yaml_node *node, struct aet_error *err);

/* Stores the default of the key, if it has one. */
int aet_config_field_set_default(struct aet_config *config, const struct aet_config_key *key);

#endif
