/*
 * What the user gives up on purpose: `reload --discard-state[=NAME]`. It is asked for beside a swap,
 * and counts for the next one that begins, once.
 */
#ifndef AET_DISCARD_H
#define AET_DISCARD_H

#include <stdbool.h>
#include <stdio.h>

/* A command asks for it: fd has the names, one a line, and stays the caller's; -1: all state. */
void aet_discard_request(int fd);

/* A swap begins, or the next one does what this one did not. */
void aet_discard_begin(void);
void aet_discard_repeat(void);

/* Of the swap in hand. */
bool aet_discard_is_all(void);
bool aet_discard_is_any(void);

/* Writes a line for each name, or for all, as aeterna_names() in module.h has them. */
void aet_discard_write(FILE *out);

/* "all state", or the names, for people; cut to size. */
void aet_discard_describe(char *ret_text, size_t size);

#endif
