/*
 * A set of sockets by inode, sorted, to compare the sockets of two moments or two generations.
 */
#ifndef AET_INODES_H
#define AET_INODES_H

#include <stdint.h>

struct aet_inode_set {
	uint32_t *inodes; /* sorted; owned */
	unsigned count;
};

/* Appends, without sorting; 0, or -ENOMEM with the set as it was. */
int aet_inodes_add(struct aet_inode_set *set, uint32_t inode);
void aet_inodes_sort(struct aet_inode_set *set);

/* How many of a are in b. */
unsigned aet_inodes_common(const struct aet_inode_set *a, const struct aet_inode_set *b);

/* Removes from a what is in b; what is not in b. */
void aet_inodes_subtract(struct aet_inode_set *a, const struct aet_inode_set *b);
void aet_inodes_intersect(struct aet_inode_set *a, const struct aet_inode_set *b);

/* Removes these inodes (64 at most) from set. */
void aet_inodes_remove(struct aet_inode_set *set, const uint32_t *inodes, unsigned count);

#endif
