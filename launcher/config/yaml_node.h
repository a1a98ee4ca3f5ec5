/*
 * A node of a YAML document, with its place in the file, and what to ask it. Knows nothing of
 * libyaml and changes nothing.
 */
#ifndef AET_YAML_NODE_H
#define AET_YAML_NODE_H

#include <stdbool.h>
#include <stddef.h>

enum aet_yaml_kind { AET_YAML_SCALAR, AET_YAML_LIST, AET_YAML_MAP };

struct aet_yaml_node {
	enum aet_yaml_kind kind;
	int line; /* 1-based */
	int column; /* 1-based, in characters */
	bool is_plain; /* a scalar without quotes */
	char *text; /* a scalar's text; NULL otherwise */
	size_t count; /* items of a list, pairs of a map */
	struct aet_yaml_node **items; /* of a list; of a map key, value, key, value, ... */
};

/* The n-th key and value of a map. */
static inline const struct aet_yaml_node *aet_yaml_key(const struct aet_yaml_node *map, size_t n)
{
	return map->items[2 * n];
}

static inline const struct aet_yaml_node *aet_yaml_value(const struct aet_yaml_node *map, size_t n)
{
	return map->items[2 * n + 1];
}

/* Nothing, '~' or 'null' without quotes. */
bool aet_yaml_is_null(const struct aet_yaml_node *node);

/* A scalar that is not nothing. */
bool aet_yaml_is_text(const struct aet_yaml_node *node);

/* "a list", "a map", "text", "nothing": what a node is, for messages. */
const char *aet_yaml_kind_name(const struct aet_yaml_node *node);

#endif
