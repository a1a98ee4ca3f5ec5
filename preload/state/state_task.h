/*
 * A task of the state, which the launcher publishes in the page (aet_page.step) and a process does at
 * a safe point: the dump, after which the process stands still until the swap is decided; the load;
 * or telling the size.
 */
#ifndef AET_STATE_TASK_H
#define AET_STATE_TASK_H

#include <stdbool.h>

/* The page has a task for this process that it has not done yet. Async-signal-safe. */
bool aet_state_task_is_due(void);

/* At a safe point of the main thread, outside any handler: does the task that is due. */
void aet_state_task_run(void);

#endif
