/*
 * What the processes with state say of it: which names lead nowhere, what is there, what cannot
 * travel. Lines of text (docs/state.md), read from a file of each process; nothing in them is
 * trusted. One inquiry is in hand at most; a later one takes its place.
 */
#ifndef AET_INQUIRY_H
#define AET_INQUIRY_H

#include <stdbool.h>
#include <stdint.h>

#include "msgio.h"

struct aet_generation;

#define AET_INQUIRY_FIELDS 8

/* A line: a word and what it says. */
struct aet_inquiry_line {
	unsigned process; /* from 1 on; 0: there is one alone */
	unsigned count;
	const char *
		fields[AET_INQUIRY_FIELDS]; /* the first is the word; the others are "" if absent */
};

/* Asks (AETERNA_STEP_NAMES, AETERNA_STEP_DESCRIBE). False: nobody can answer. */
bool aet_inquiry_begin(const struct aet_generation *of, uint32_t step);

/* True once everybody has answered who could and still lives. */
bool aet_inquiry_is_over(void);

/* Wakes those who have not answered. */
void aet_inquiry_nudge(void);

/* Calls visit for each line of the answers so far; the line is valid during the call. */
void aet_inquiry_visit(void (*visit)(const struct aet_inquiry_line *line, void *data), void *data);

/* Forgets the answers, and takes no more. */
void aet_inquiry_end(void);

/* A process's answer. */
void aet_inquiry_take(int fd, struct aet_message *request);

#endif
