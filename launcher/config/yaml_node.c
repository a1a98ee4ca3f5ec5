#include "config/yaml_node.h"

#include <string.h>

bool aet_yaml_is_null(const struct aet_yaml_node *node)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};

	if (node->kind != AET_YAML_SCALAR || !node->is_plain)
		return false;
	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
		if (strcmp(node->text, nulls[i]) == 0)
			return true;
	return false;
}

bool aet_yaml_is_text(const struct aet_yaml_node *node)
{
	return node->kind == AET_YAML_SCALAR && !aet_yaml_is_null(node);
}

const char *aet_yaml_kind_name(const struct aet_yaml_node *node)
{
	if (aet_yaml_is_null(node))
		return "nothing";
	if (node->kind == AET_YAML_LIST)
		return "a list";
	return node->kind == AET_YAML_MAP ? "a map" : "text";
}
