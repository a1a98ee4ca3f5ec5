/*
 * A YAML document as a tree, each node with its place in the file. The only door to libyaml.
 *
 * A tree is bounded in depth and size, has no duplicate keys, and no string in it holds a NUL; an
 * alias is the very node it names, so aliases make it neither deep nor large.
 */
#ifndef AET_YAML_TREE_H
#define AET_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define AET_YAML_MAX_DEPTH   16
#define AET_YAML_MAX_NODES   10000
#define AET_YAML_MAX_ANCHORS 64

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

struct aet_yaml_tree {
	size_t count; /* nodes, all of them in the region (region.h); 0: nothing to free */
	struct aet_yaml_node *root; /* NULL: the file holds no document */
};

/*
 * Parses text into *ret_tree. 0; -EINVAL with *err telling where and what; -ENOMEM likewise.
 * *ret_tree is untouched on failure.
 */
int aet_yaml_parse(
	const char *text, size_t length, struct aet_yaml_tree *ret_tree, struct aet_error *err);

/* Frees all nodes: before the next aet_yaml_parse(), there is one region. Takes a zeroed tree. */
void aet_yaml_free(struct aet_yaml_tree *tree);

/* The n-th key and value of a map. */
static inline const struct aet_yaml_node *aet_yaml_key(const struct aet_yaml_node *map, size_t n)
{
	return map->items[2 * n];
}

static inline const struct aet_yaml_node *aet_yaml_value(const struct aet_yaml_node *map, size_t n)
{
	return map->items[2 * n + 1];
}

/* The value of a key that is there, or NULL. */
const struct aet_yaml_node *aet_yaml_find(const struct aet_yaml_node *map, const char *key);

/* Nothing, '~' or 'null' without quotes. */
bool aet_yaml_is_null(const struct aet_yaml_node *node);

/* A scalar that is not nothing. */
bool aet_yaml_is_text(const struct aet_yaml_node *node);

/* "a list", "a map", "text", "nothing": what a node is, for messages. */
const char *aet_yaml_kind_name(const struct aet_yaml_node *node);

#endif
