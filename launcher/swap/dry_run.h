/*
 * `check --dry-run`: a swap that stops before the commit. The candidate boots and stays parked; the
 * serving generation dumps its state and goes on; the candidate loads that state, writes it again,
 * and is killed without having served. Both states are compared. This file owns the findings and
 * their report; gate.h and undo.h act.
 */
#ifndef AET_DRY_RUN_H
#define AET_DRY_RUN_H

#include <stdbool.h>

void aet_dry_run_begin(void);

/* The state is dumped and sealed: may the serving generation go on? Not if state lives in memory
 * that both generations share: that must not change before the candidate has loaded. True at most
 * once, and the pause ends then. */
bool aet_dry_run_may_open(void);

/* True once the serving generation goes on: its state is newer than the dump then. */
bool aet_dry_run_is_open(void);

/* Action of table.def: makes the candidate dump what it has loaded. Posts FAILED if it cannot. */
void aet_act_echo(void);

/* Concludes that the new version would serve; with_states: compares both states. */
void aet_dry_run_conclude(bool with_states);

/* Answer the command with the conclusion, or with the reason why there is none. */
void aet_dry_run_tell(void);
void aet_dry_run_fail(const char *reason, const char *detail);

#endif
