#include "connections/blocked_threads.h"

#include <stdatomic.h>

#include "core/signals.h"
#include "sys.h"

__thread int aet_thread_id __attribute__((tls_model("initial-exec")));
__thread bool aet_is_blocked_thread __attribute__((tls_model("initial-exec")));

/* Threads that have ended stay in the table: a signal to nobody does no harm. */
static _Atomic int threads[AET_BLOCKED_THREADS_MAX];
static _Atomic int thread_count;

int aet_thread_id_ask(void)
{
	aet_thread_id = (int)AET_SYS0(gettid);
	aet_signals_unblock();
	return aet_thread_id;
}

void aet_blocked_thread_register(void)
{
	int place = atomic_fetch_add(&thread_count, 1);

	aet_signals_unblock();
	if (place < AET_BLOCKED_THREADS_MAX)
		atomic_store(&threads[place], aet_own_thread_id());
	aet_is_blocked_thread = true;
}

void aet_blocked_thread_kick(int thread_id)
{
	(void)aet_signals_kick_thread(thread_id);
}

void aet_blocked_threads_kick(void)
{
	int count = atomic_load(&thread_count);

	if (count > AET_BLOCKED_THREADS_MAX) {
		aet_signals_kick();
		return;
	}
	for (int i = 0; i < count; i++)
		aet_blocked_thread_kick(atomic_load(&threads[i]));
}

void aet_blocked_threads_after_fork(void)
{
	atomic_store(&thread_count, 0);
	aet_is_blocked_thread = false;
	aet_thread_id = 0;
}
