/*
 * A YAML document as a tree, each node with its place in the file. The only door to libyaml.
 *
 * A tree is bounded in depth and size, has no duplicate keys, and no string in it holds a NUL; an
 * alias is the very node it names, so aliases make it neither deep nor large.
 */
#ifndef AET_YAML_TREE_H
#define AET_YAML_TREE_H

#include <stddef.h>

#include "base/error.h"
#include "config/yaml_node.h"

#define AET_YAML_MAX_DEPTH   16
#define AET_YAML_MAX_NODES   10000
#define AET_YAML_MAX_ANCHORS 64

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

#endif
