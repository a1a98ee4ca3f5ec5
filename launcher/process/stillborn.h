/*
 * Supervisors that start workers again and again (uvicorn --workers, puma -w), or wait for somebody to
 * change a file (uvicorn --reload, node --watch): a bad version's workers die, its first process
 * lives. Watches the children of a generation that starts, by polling /proc, to tell that from one
 * that takes its time.
 */
#ifndef AET_STILLBORN_H
#define AET_STILLBORN_H

#include <stdbool.h>

struct aet_generation;

enum aet_stillborn {
	AET_STILLBORN_NO, /* not as far as can be told */
	AET_STILLBORN_RESPAWNS, /* workers die in a row */
	AET_STILLBORN_WAITS, /* its worker has died, and nothing has happened since */
};

/* A generation starts beside the serving one. NULL, or one in which the first process alone takes
 * connections: the answer is no, and what happens is only counted. */
void aet_stillborn_begin(const struct aet_generation *serving);

/* The one that started serves: what its workers run, and how many have died, is nothing special. */
void aet_stillborn_serves(const struct aet_generation *serving);

/* To be called often: it looks when it is due. */
enum aet_stillborn aet_stillborn_look(const struct aet_generation *starting);

/* Children of the starting generation that ended in a row. */
unsigned aet_stillborn_deaths(void);

#endif
