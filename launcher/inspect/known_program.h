/*
 * What is known of programs by their names: which signal lets them finish, and which cannot run
 * twice.
 */
#ifndef AET_KNOWN_PROGRAM_H
#define AET_KNOWN_PROGRAM_H

#include <stdbool.h>

struct aet_known_program {
	const char *name; /* with a '*' at its end: the beginning of one */
	const char *stop_signal; /* NULL: TERM is right */
	const char *why_not_term; /* what TERM does to it */
	bool is_exclusive; /* it takes a lock or a PID file */
};

/* By the last part of path; NULL: nothing is known of it. */
const struct aet_known_program *aet_known_program_find(const char *path);

#endif
