#include "core/background.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include "core/frozen.h"
#include "core/lib.h"
#include "sys.h"

#define PLACES       64
#define SETTLE_TRIES 25
#define SETTLE_NS    200000

__thread bool aet_answers __attribute__((tls_model("initial-exec")));
__thread bool aet_is_background __attribute__((tls_model("initial-exec")));

/* Of this thread, in awake; 0: none. */
static __thread int place __attribute__((tls_model("initial-exec")));

/* This thread has waited while there was nobody to answer. One of a pool may have begun before the first
 * request, too, and then waits like this only in the middle of an answer. */
static __thread bool is_own __attribute__((tls_model("initial-exec")));

static _Atomic bool follows;
static _Atomic bool is_let_go;
static _Atomic int awake[PLACES]; /* ids of those that have left a wait, and begun no other */
static _Atomic int standing;

void aet_background_note_own(void)
{
	is_own = true;
}

bool aet_background_is_own(void)
{
	return is_own;
}

void aet_background_begin(void)
{
	atomic_store(&follows, true);
}

/* Without room it is not waited for. */
static void note_awake(void)
{
	int thread_id = (int)AET_SYS0(gettid);

	for (int i = 0; i < PLACES && place == 0; i++) {
		int there = 0;

		if (atomic_compare_exchange_strong(&awake[i], &there, thread_id))
			place = i + 1;
	}
}

static bool is_anyone_asking(void)
{
	return aet_lib.slot && atomic_load(&aet_lib.slot->busy) > 0;
}

void aet_background_rest(void)
{
	if (!is_own && !is_anyone_asking())
		is_own = true;
	if (place > 0)
		atomic_store(&awake[place - 1], 0);
	place = 0;
}

static bool stands(void)
{
	return atomic_load(&follows) && !atomic_load(&is_let_go) &&
		(aet_is_frozen() || aet_frozen_has_handed_over());
}

/* Is noted first: either the dump sees that the thread is awake, or the thread sees the dump. */
bool aet_background_rises(bool by_clock)
{
	if (aet_answers || !is_own)
		return true;
	note_awake();
	if (!by_clock || !stands())
		return true;
	aet_background_rest();
	return false;
}

void aet_background_stand(void)
{
	atomic_fetch_add(&standing, 1);
}

void aet_background_stand_no_more(void)
{
	atomic_fetch_sub(&standing, 1);
}

void aet_background_sleep_on(void)
{
	aet_background_stand();
	do {
		if (aet_frozen_has_handed_over())
			aet_page_wait(atomic_load(&aet_lib.page->word));
		else
			aet_frozen_wait();
	} while (!aet_background_goes_on(true));
	aet_background_stand_no_more();
}

/* One that has ended, or answers since, is not waited for. */
static bool is_any_awake(void)
{
	bool any = false;

	for (int i = 0; i < PLACES; i++) {
		int thread_id = atomic_load(&awake[i]);

		if (thread_id == 0)
			continue;
		if (AET_SYS3(tgkill, aet_lib.owner, thread_id, 0) == -ESRCH)
			(void)atomic_compare_exchange_strong(&awake[i], &thread_id, 0);
		else
			any = true;
	}
	return any;
}

void aet_background_settle(void)
{
	struct timespec moment = {0, SETTLE_NS};

	atomic_store(&is_let_go, false);
	for (int i = 0; i < SETTLE_TRIES && is_any_awake(); i++)
		(void)AET_SYS4(clock_nanosleep, CLOCK_MONOTONIC, 0, &moment, NULL);
}

int aet_background_standing(void)
{
	return atomic_load(&standing);
}

void aet_background_let_go(void)
{
	atomic_store(&is_let_go, true);
}

void aet_background_after_fork(void)
{
	for (int i = 0; i < PLACES; i++)
		if (i != place - 1)
			atomic_store(&awake[i], 0);
	if (place > 0) /* its number is another one here */
		atomic_store(&awake[place - 1], (int)AET_SYS0(gettid));
	atomic_store(&standing, 0);
	atomic_store(&is_let_go, false);
}
