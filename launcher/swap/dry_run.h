/*
 * `check --dry-run`: a swap that stops before the commit. The new version boots and waits, the
 * state is dumped and loaded into it, it writes what it has loaded, and it is killed without having
 * served; the old one goes on as soon as its state is dumped. Both states are compared.
 */
#ifndef AET_DRY_RUN_H
#define AET_DRY_RUN_H

#include <stdbool.h>

/* The command, which waits for the answer. */
void aet_dry_run_request(void);

/* The swap in hand is one. */
bool aet_dry_run_is_on(void);

/* The state is dumped and sealed: the serving generation goes on. */
void aet_dry_run_dumped(void);

/* The new version came as far as the commit: it is asked for its state, if it has any. */
void aet_dry_run_loaded(void);

/* It has written that. Ends the dry run. */
void aet_dry_run_compare(void);

/* The new version takes no state. Harmless in a real swap. */
void aet_dry_run_lose(void);

/* The serving generation is gone: what it had dumped before it went on is not kept. */
void aet_dry_run_orphan(void);

/* It is over: the command is answered, and what status tells is as it was. */
void aet_dry_run_end(void);

#endif
