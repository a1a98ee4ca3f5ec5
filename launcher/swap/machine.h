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

/* The row for the event, or NULL: the event means nothing in that state. */
const struct aet_swap_row *aet_machine_find(const struct aet_swap_row *rows, unsigned count,
	enum aet_swap_state state, enum aet_swap_event event);

/* The rows of table.def. */
const struct aet_swap_row *aet_machine_rows(unsigned *ret_count);

/* Takes the event, and then every event that the actions post. */
void aet_machine_dispatch(enum aet_swap_event event);

/* Starts the first generation: 0, or -1 if it cannot be started. */
int aet_machine_begin(void);

#endif
