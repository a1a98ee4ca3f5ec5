/*
 * The launcher as a whole: its configuration, the shared page, the serving generation and the
 * swap in hand. One instance; every part of the launcher reads it, swap.c and supervisor.c alone
 * change it.
 */
#ifndef AET_SUPERVISOR_H
#define AET_SUPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "process/generation.h"
#include "cli/options.h"
#include "phase.h"

enum aet_swap_state {
	AET_SWAP_NONE, /* nothing in hand */
	AET_SWAP_BOOT, /* the candidate starts */
	AET_SWAP_SETTLE, /* with state: a moment without a request in flight is waited for */
	AET_SWAP_GATE, /* the serving generation is being shut */
	AET_SWAP_QUIET, /* with state: it is shut, and finishes what is in flight */
	AET_SWAP_DUMP, /* its state is written */
	AET_SWAP_LOAD, /* and read by the candidate */
	AET_SWAP_ECHO, /* a dry run: the candidate writes what it has read */
	AET_SWAP_SNAP, /* no swap: the state is dumped, and the generation serves on */
	AET_SWAP_STOP_FIRST, /* overlap: false: the old generation ends first */
	AET_SWAP_STATES,
};

struct aet_last_swap {
	bool known;
	bool committed;
	char reason[24];
	char detail[192];
	uint32_t generation;
	uint64_t word; /* of the page, as the commit left it */
	double boot_ms; /* below 0: not known */
	double pause_ms;
	double total_ms;
	uint64_t state_bytes;
	bool with_state;
	unsigned answers_cut; /* that were under way when the state was dumped (on_busy), */
	unsigned answers_drained; /* or are told to their end, and what they write is lost */
};

struct aet_supervisor {
	struct aet_config *config;
	struct aet_config *next_config; /* of the swap in hand; becomes config at commit */
	struct aet_page *page;
	int page_fd;
	uint8_t token[16];
	uint8_t run_id[16]; /* in every state of this launcher's */
	char control_name[108]; /* abstract, of the library's socket */
	char library[512]; /* libaeterna_preload.so: the one that follows connections */
	char plain_library[512]; /* the one that does not */

	bool has_state; /* the program has hooks, as far as its file or its processes tell */
	enum aet_swap_state swap;
	struct aet_generation *serving; /* NULL: crashed, waiting for the next try */
	struct aet_generation *candidate; /* NULL: none */
	uint32_t last_number;
	bool again; /* a HUP came during the swap */
	bool stopping; /* the program is told to end, and the launcher with it */
	int exit_code;

	uint64_t started_us;
	uint64_t requested_us;
	uint64_t ready_us;
	uint64_t gated_us;
	unsigned committed;
	unsigned rolled_back;
	struct aet_last_swap last;
	unsigned moved; /* connections since the last commit: went to the serving generation, */
	unsigned closed; /* were closed at a boundary, */
	unsigned stayed; /* could not leave */
	unsigned failures; /* starts in a row that did not last: the back-off */

	struct aet_timer swap_timer; /* start_timeout, then handoff.timeout */
	struct aet_timer poll_timer; /* readiness that nobody tells; repeated wakes */
	struct aet_timer restart_timer; /* the back-off */
	struct aet_timer settle_timer; /* after commit: is the new one going to last? */
};

extern struct aet_supervisor aet_sup;

/* Runs the program until it or the launcher is told to end; returns the exit code. */
int aet_supervisor_run(struct aet_config *config, const struct aet_options *options);

/* TERM, INT and the stop command; QUIT when at_once. */
void aet_supervisor_stop(bool at_once);

/* A generation has no process left. */
void aet_supervisor_buried(uint32_t generation);

#endif
