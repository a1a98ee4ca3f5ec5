/*
 * A thread that does not stand still refuses the swap: which one, and why.
 */
#ifndef AET_UNPARKED_H
#define AET_UNPARKED_H

struct aet_unparked;

/* Reports the failure of the dump, no_safe_point. */
void aet_unparked_report(const struct aet_unparked *thread);

#endif
