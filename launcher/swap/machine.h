/*
 * The machine that runs table.def. It alone assigns the state of the swap. Actions post; what they
 * post is dispatched here before anything else is, until nothing is left.
 */
#ifndef AET_MACHINE_H
#define AET_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "swap/swap.h"
#include "swap/timeout.h"

struct aet_swap_row {
	enum aet_swap_state state;
	enum aet_swap_event event;
	bool (*guard)(void);
	void (*action)(void);
	enum aet_swap_state next;
	enum aet_timeout timeout;
	const char *text; /* as in table.def: "BOOT READY always gate GATE" */
};

/* A table, and what is done beside it. */
struct aet_machine {
	const struct aet_swap_row *rows;
	unsigned count;
	void (*arm)(enum aet_timeout kind); /* of the state that is entered next; never KEEP */
	void (*entered)(enum aet_swap_state state); /* another one than before, or FINISH again */
};

/* Takes the event and all that follows from it: one without a row changes nothing. */
void aet_machine_run(const struct aet_machine *machine, enum aet_swap_event event);

/* table.def. */
const struct aet_swap_row *aet_machine_rows(unsigned *ret_count);

/* The same on table.def, with the launcher's timers. */
void aet_machine_dispatch(enum aet_swap_event event);

/* The first generation starts: 0, or -errno of the start. */
int aet_machine_begin(void);

#endif
