/*
 * Processes and their descendants, read from /proc. The caller decides which are the roots.
 */
#ifndef AET_TREE_H
#define AET_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct aet_tree_entry {
	pid_t pid;
	pid_t parent;
	pid_t group;
	unsigned long ticks; /* of processor time */
	unsigned long long born; /* in ticks since the boot */
	bool ended; /* every thread of it */
	bool selected; /* a root, or a descendant of one */
};

typedef bool aet_tree_root_fn(const struct aet_tree_entry *entry, const void *data);
typedef void aet_tree_visit_fn(pid_t pid, void *data);
typedef bool aet_tree_child_fn(pid_t pid);

/* Calls visit (may be NULL) for each live process that is a root or descends from one, the launcher
 * excepted; returns their number. */
int aet_tree_visit(
	aet_tree_root_fn *is_root, const void *data, aet_tree_visit_fn *visit, void *visit_data);

/* Every process that the launcher started, every orphan that it inherited, and their
 * descendants. */
int aet_tree_visit_all(aet_tree_visit_fn *visit, void *visit_data);

/* Since it was forked; 0: it is gone. */
uint64_t aet_tree_age_ms(pid_t pid);

/* It is on its way out, or a zombie: it runs no code of its own any more. */
bool aet_tree_is_ending(pid_t pid);

typedef void aet_tree_descend_fn(const struct aet_tree_entry *entry, void *data);

/* Calls visit for a live process and each of its descendants. Much cheaper than a reading of all
 * processes; a kernel without CONFIG_PROC_CHILDREN shows the first one alone. */
void aet_tree_descend(pid_t pid, aet_tree_descend_fn *visit, void *data);

/* From a root function: the children of a process, in the same reading of /proc. */
void aet_tree_visit_children(pid_t parent, aet_tree_visit_fn *visit, void *visit_data);

/* Whether the process has a child that counts; true as well if the kernel does not say. Reads what
 * belongs to this process alone: 0.1 ms, where all of /proc takes as long as there are processes. */
bool aet_tree_may_have_child(pid_t pid, aet_tree_child_fn *counts);

#endif
