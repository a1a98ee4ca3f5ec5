#include "entry/main_end.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/lib.h"
#include "core/lock.h"
#include "core/signals.h"
#include "sys.h"

/* glibc before 2.34 has them in a library that a program without threads does not load. */
int pthread_key_create(pthread_key_t *key, void (*on_end)(void *)) __attribute__((weak));
int pthread_setspecific(pthread_key_t key, const void *value) __attribute__((weak));

static pthread_key_t key;
static bool has_key;

/* What was raised for this thread alone and is still to come is made up for by reconciling. */
static void on_end(void *value)
{
	uint64_t mask;

	(void)value;
	if ((int)AET_SYS0(gettid) != aet_lib.owner)
		return;
	aet_lock(&mask);
	aet_signals_use_main_thread(false);
	aet_note_reconcile();
	aet_unlock(&mask);
}

/* A value of the thread's own is destroyed when it ends, and not when the process does. */
static void watch_this_thread(void)
{
	if (has_key)
		aet_signals_use_main_thread(pthread_setspecific(key, &key) == 0);
}

void aet_main_end_watch(void)
{
	has_key =
		pthread_key_create && pthread_setspecific && pthread_key_create(&key, on_end) == 0;
	watch_this_thread();
}

void aet_main_end_after_fork(void)
{
	watch_this_thread();
}
