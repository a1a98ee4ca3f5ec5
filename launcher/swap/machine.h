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

/* The row that answers the event, or NULL: it means nothing there. */
const struct aet_swap_row *aet_machine_find(const struct aet_swap_row *rows, unsigned count,
	enum aet_swap_state state, enum aet_swap_event event);

/* table.def. */
const struct aet_swap_row *aet_machine_rows(unsigned *ret_count);

/* Takes the event and all that follows from it. */
void aet_machine_dispatch(enum aet_swap_event event);

/* The first generation starts: 0, or -errno of the start. */
int aet_machine_begin(void);

#endif
