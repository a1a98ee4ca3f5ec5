#include "core/beginning.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/background.h"

#define ROOM 64

struct aet_beginning {
	_Atomic bool taken;
	bool is_own;
	void *(*start)(void *);
	void *argument;
};

static struct aet_beginning beginnings[ROOM];

struct aet_beginning *aet_beginning_take(void *(*start)(void *), void *argument)
{
	for (int i = 0; i < ROOM; i++) {
		struct aet_beginning *beginning = &beginnings[i];

		if (atomic_load(&beginning->taken) || atomic_exchange(&beginning->taken, true))
			continue;
		beginning->is_own = aet_background_is_own();
		beginning->start = start;
		beginning->argument = argument;
		return beginning;
	}
	return NULL;
}

void aet_beginning_drop(struct aet_beginning *beginning)
{
	atomic_store(&beginning->taken, false);
}

/* The last call is a jump: no frame of ours, for which there are no unwind tables, stays below the
 * program's. */
void *aet_beginning_run(void *data)
{
	struct aet_beginning *beginning = data;
	void *(*start)(void *) = beginning->start;
	void *argument = beginning->argument;

	if (beginning->is_own)
		aet_background_note_own();
	aet_beginning_drop(beginning);
	aet_is_background = true;
	return start(argument);
}

void aet_beginnings_after_fork(void)
{
	for (int i = 0; i < ROOM; i++)
		aet_beginning_drop(&beginnings[i]);
}
