/*
 * on_busy: merge, after the commit. When a process of an older generation has answered its last
 * request, what it has changed since its dump is taken, and merged into whichever generation serves
 * then. Swaps come and go meanwhile: this waits for the moments between their steps.
 */
#ifndef AET_LATE_MERGE_H
#define AET_LATE_MERGE_H

#include <stdbool.h>
#include <stdint.h>

/* Since the launcher's start; of entries, but for the last two. */
struct aet_merge_count {
	unsigned taken; /* only the old generation had changed them */
	unsigned decided; /* both had: a merge function decided, or one continues the other */
	unsigned set_aside; /* both had, and nothing decided: the new generation's stayed */
	unsigned
		cut; /* answers under way when drain_timeout was up: what they write later is lost */
	unsigned lost; /* processes whose changes are lost */
};

extern struct aet_merge_count aet_merge_count;

/* Processes of older generations whose changes are not merged yet. */
unsigned aet_late_merge_pending(void);

/* The generation that serves now has the kept state, and its predecessor finishes its answers. */
void aet_late_merge_begin(void);

/* The state of the serving generation is kept anew: with what was merged into it. */
void aet_late_merge_settle(void);

/* A step has ended. False: it was not a late one. */
bool aet_late_merge_dumped(void);
bool aet_late_merge_loaded(void);
bool aet_late_merge_failed(void);

/* That generation is dead; what was merged into it is pending again. `again` serves once more (0:
 * none does), and has its own changes in its memory. */
void aet_late_merge_revert(uint32_t dead, uint32_t again);

#endif
