/*
 * The messages about a value of the file: each names the key, and its place is the node's.
 */
#include "config/config_value.h"

#include <errno.h>

int aet_value_fail(
	const struct aet_value *value, const struct aet_yaml_node *node, const char *text)
{
	return aet_error_set(value->err, node->line, node->column, "'%s.%s' %s",
		value->key->section, value->key->name, text);
}

int aet_value_fail_type(const struct aet_value *value, const char *wanted)
{
	return aet_error_set(value->err, value->node->line, value->node->column,
		"'%s.%s' must be %s, not %s", value->key->section, value->key->name, wanted,
		aet_yaml_kind_name(value->node));
}

int aet_value_fail_memory(const struct aet_value *value)
{
	(void)aet_error_set(value->err, 0, 0, "out of memory");
	return -ENOMEM;
}
