/*
 * What a process with state asks the launcher, and reports to it (docs/state.md): the request of a
 * task, its outcome, and the descriptors that travel beside a container. aeterna/module.h has the
 * rest of it.
 */
#ifndef AET_STATE_RPC_H
#define AET_STATE_RPC_H

#include <stdint.h>

#include "aeterna/module.h"

/* The step that reports are about from now on, also a child's; 0: the page's. */
void aet_state_rpc_begin(uint32_t step);

/* The request that goes with a task; its descriptor is the caller's. -ENODATA: there is none. */
int aet_state_ask(uint32_t step, struct aeterna_request *ret_request);

#endif
