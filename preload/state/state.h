/*
 * The state of this process: who dumps it, who loads it (docs/state.md), and what the launcher is
 * told about that.
 */
#ifndef AET_STATE_H
#define AET_STATE_H

#include <stdint.h>

#include "aeterna/module.h"

/* The program starts: one without a listener joins if it has hooks. */
void aet_state_start(void);

/* This process joined: looks for the hooks that the program exports, and reports them. */
void aet_state_on_joined(void);

/* A listener is wanted for the first time: the program has started, and nobody has asked it for
 * anything yet. */
void aet_state_on_wanted(void);

/* SIGUSR2 came: asks the launcher for a snapshot. Async-signal-safe. */
void aet_state_want_snapshot(void);

/* Who dumps and loads in this process; NULL: nobody. */
extern aeterna_hook *aet_dump_hook;
extern aeterna_hook *aet_load_hook;
extern aeterna_size_hook *aet_size_hook;
extern aeterna_describe_hook *aet_describe_hook;

/* Tells the launcher which hooks there are, and about how much they would dump: 0, nobody knows. */
void aet_state_report_hooks(uint64_t bytes);

#endif
