/*
 * Hooks in C (aeterna.h) as a language module of their own: the dump runs in a forked child, on a
 * file of its own or on a stream, and what it wrote becomes one section named "hook".
 */
#ifndef AET_STATE_C_H
#define AET_STATE_C_H

#include "aeterna/module.h"

/* The program's aeterna_dump_state(), when it has one. */
extern int (*aet_c_dump)(int fd);

/* Forks the process that dumps: its pid, or -errno. */
int aet_state_c_dump(const struct aeterna_request *request);

#endif
