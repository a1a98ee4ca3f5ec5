/*
 * Which processes belong to a generation: descendants of its first process, its process group,
 * and whoever holds a lifeline for it. Read from /proc.
 */
#ifndef AET_TREE_H
#define AET_TREE_H

#include <sys/types.h>

struct aet_generation;

/* Calls visit for each live process of the generation (NULL: of every one); returns how many. */
int aet_tree_visit(
	const struct aet_generation *generation, void (*visit)(pid_t pid, void *data), void *data);

#endif
