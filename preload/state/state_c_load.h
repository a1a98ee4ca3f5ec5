/*
 * The load of hooks in C (aeterna.h): the container is checked, and the hook reads its section from
 * a descriptor that begins at the beginning.
 */
#ifndef AET_STATE_C_LOAD_H
#define AET_STATE_C_LOAD_H

#include "aeterna/module.h"

/* The program's aeterna_load_state(), when it has one. */
extern int (*aet_c_load)(int fd);

/* 0, or -errno when it is reported. */
int aet_state_c_load(const struct aeterna_request *request);

#endif
