/*
 * `check --dry-run`: a swap that stops before the commit. The new version boots and waits, the
 * state is dumped and loaded into it, it writes what it has loaded, and it is killed without having
 * served; the old one goes on as soon as its state is dumped. Both states are compared. Here is what
 * was found out and how it is told; gate.h and undo.h act.
 */
#ifndef AET_DRY_RUN_H
#define AET_DRY_RUN_H

#include <stdbool.h>

void aet_dry_run_begin(void);

/* The state is dumped and sealed: the serving generation may go on, unless what lives in memory that
 * both share has to stand still until it is loaded. True at most once: the pause ends with it. */
bool aet_dry_run_may_open(void);

/* The serving generation goes on: from here on what was dumped is older than what it has. */
bool aet_dry_run_is_open(void);

/* Action of table.def: the new version has its state and writes it. Posts FAILED if it cannot. */
void aet_act_echo(void);

/* The new version would serve; with_states: both are compared. */
void aet_dry_run_conclude(bool with_states);

/* Answers the command with what was concluded, or with why there is nothing to conclude. */
void aet_dry_run_tell(void);
void aet_dry_run_fail(const char *reason, const char *detail);

#endif
