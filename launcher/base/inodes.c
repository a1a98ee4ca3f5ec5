#include "base/inodes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 128 /* a power of two */

int aet_inodes_add(struct aet_inode_set *set, uint32_t inode)
{
	/* Full at each power of two from the first room on. */
	if (set->count == 0 || (set->count >= FIRST_ROOM && (set->count & (set->count - 1)) == 0)) {
		size_t room = set->count ? set->count * 2 : FIRST_ROOM;
		uint32_t *grown = realloc(set->inodes, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		set->inodes = grown;
	}
	set->inodes[set->count++] = inode;
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void aet_inodes_sort(struct aet_inode_set *set)
{
	unsigned kept = 0;

	if (set->count > 0)
		qsort(set->inodes, set->count, sizeof(*set->inodes), compare);
	for (unsigned i = 0; i < set->count; i++)
		if (i == 0 || set->inodes[i] != set->inodes[i - 1])
			set->inodes[kept++] = set->inodes[i];
	set->count = kept;
}

static bool contains(const struct aet_inode_set *set, uint32_t inode)
{
	return set->count > 0 &&
		bsearch(&inode, set->inodes, set->count, sizeof(*set->inodes), compare) != NULL;
}

unsigned aet_inodes_common(const struct aet_inode_set *a, const struct aet_inode_set *b)
{
	unsigned count = 0;

	for (unsigned i = 0; i < a->count; i++)
		count += contains(b, a->inodes[i]);
	return count;
}

static void keep(struct aet_inode_set *a, const struct aet_inode_set *b, bool common)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < a->count; i++)
		if (contains(b, a->inodes[i]) == common)
			a->inodes[kept++] = a->inodes[i];
	a->count = kept;
}

void aet_inodes_subtract(struct aet_inode_set *a, const struct aet_inode_set *b)
{
	keep(a, b, false);
}

void aet_inodes_intersect(struct aet_inode_set *a, const struct aet_inode_set *b)
{
	keep(a, b, true);
}

void aet_inodes_remove(struct aet_inode_set *set, const uint32_t *inodes, unsigned count)
{
	struct aet_inode_set gone = {.count = count};
	uint32_t sorted[64];

	if (count == 0 || count > sizeof(sorted) / sizeof(sorted[0]) || set->count == 0)
		return;
	memcpy(sorted, inodes, count * sizeof(sorted[0]));
	gone.inodes = sorted;
	aet_inodes_sort(&gone);
	aet_inodes_subtract(set, &gone);
}
