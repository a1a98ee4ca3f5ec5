/*
 * The machine that runs table.def. It alone assigns the state of the swap. After each action it
 * dispatches the event that the action posted, until none is left.
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

/* The rows of table.def. */
const struct aet_swap_row *aet_machine_rows(unsigned *ret_count);

/* Takes the event in table.def, with the launcher's timers, and then every event that the actions
 * post. */
void aet_machine_dispatch(enum aet_swap_event event);

/* Starts the first generation: 0, or -1 if it cannot be started. */
int aet_machine_begin(void);

#endif
