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

/* The generation that serves now has the kept state, and the old one finishes its answers.
 * is_restored: it is not the old one's. */
void aet_late_merge_begin(bool is_restored);

/* A step has ended. False: it was not a late one. */
bool aet_late_merge_dumped(void);
bool aet_late_merge_loaded(void);
bool aet_late_merge_failed(void);

#endif
