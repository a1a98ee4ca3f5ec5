#include "swap/closed.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/inodes.h"
#include "base/loop.h"
#include "listen/placeholder.h"
#include "process/generation.h"
#include "process/proc_fds.h"

#define LOOK_MS 20 /* the program closes its descriptor after the note */

static struct aet_timer look_timer;

/* In doubt it has. */
static bool has_open(const struct aet_generation *generation, uint32_t inodes[2])
{
	struct aet_inode_set wanted = {.inodes = inodes, .count = 2};
	struct aet_inode_set all;
	bool any;

	if (aet_proc_fds_read(generation, &all) < 0)
		return true;
	aet_inodes_sort(&wanted);
	any = aet_inodes_common(&wanted, &all) > 0;
	free(all.inodes);
	return any;
}

static void look(struct aet_timer *timer)
{
	uint32_t inodes[2];

	(void)timer;
	AET_FOREACH_LISTENER(l) {
		struct aet_generation *generation = aet_generation_get(l->withdrawn);

		if (generation && aet_listener_is_bound(l, l->withdrawn, inodes) &&
			!has_open(generation, inodes))
			aet_listener_unbind(l, l->withdrawn);
	}
}

void aet_closed_note(void)
{
	aet_timer_start(&look_timer, LOOK_MS, look, NULL);
}
