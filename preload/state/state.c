#include "state/state.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "aeterna/state.h"
#include "core/busy.h"
#include "core/client.h"
#include "core/export.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/real.h"
#include "core/signals.h"
#include "crc32c.h"
#include "state/state_c.h"
#include "state/state_c_load.h"
#include "state/turn.h"
#include "core/symbols.h"
#include "sys.h"

aeterna_hook *aet_dump_hook;
aeterna_hook *aet_load_hook;
aeterna_size_hook *aet_size_hook;
aeterna_describe_hook *aet_describe_hook;
static aeterna_start_hook *start_hook;
static int can_merge;

/* In a program without a listener only the first process joins, or what a shell started as the
 * first. */
static bool is_first(void)
{
	long group = AET_SYS1(getpgid, 0);

	return group == AET_SYS0(getpid) || group == AET_SYS0(getppid);
}

/* Where handoff.state is configured, every Python helper of the program attaches too: SIGUSR2 stays
 * untouched in those. The program itself must not die of a SIGUSR2 that comes early. */
void aet_state_report_hooks(uint64_t bytes)
{
	struct aet_hooks note = {.dumps = aet_dump_hook ? AET_HOOKS_DUMPS : 0,
		.loads = aet_load_hook != NULL,
		.bytes = bytes};

	if (note.dumps && aet_describe_hook)
		note.dumps |= AET_HOOKS_DESCRIBES;
	if (note.dumps && AET_READ(can_merge))
		note.dumps |= AET_HOOKS_MERGES;

	if (!note.dumps && !note.loads)
		return;
	if (note.dumps && (aet_lib.lifeline >= 0 || is_first()))
		aet_signals_take_usr2();
	aet_client_note(&note, AET_MSG_HOOKS, sizeof(note));
}

void aet_state_want_snapshot(void)
{
	struct aet_wanted note = {0};

	aet_client_note(&note, AET_MSG_WANTED, sizeof(note));
}

static int join_without_listener(void)
{
	uint64_t mask;
	int result;

	if (!aet_lib.joins_alone || !is_first())
		return 0;
	aet_lock(&mask);
	result = aet_client_join();
	aet_unlock(&mask);
	return result;
}

void aet_state_start(void)
{
	if (aet_lib.joins_alone && is_first() &&
		(aet_symbol_find("aeterna_dump_state") || aet_symbol_find("aeterna_load_state")))
		(void)join_without_listener();
}

void aet_state_on_joined(void)
{
	static bool looked;

	if (!looked && !aet_dump_hook && !aet_load_hook) {
		aet_c_dump = (int (*)(int))aet_symbol_find("aeterna_dump_state");
		aet_c_load = (int (*)(int))aet_symbol_find("aeterna_load_state");
		AET_WRITE(aet_dump_hook, aet_c_dump ? aet_state_c_dump : NULL);
		AET_WRITE(aet_load_hook, aet_c_load ? aet_state_c_load : NULL);
	}
	looked = true;
	aet_turn_find_interpreter();
	aet_crc32c_prepare();
	aet_busy_begin();
	aet_state_report_hooks(0);
}

/* In the middle of one of the program's calls, which finds everything as it was. */
void aet_state_on_wanted(void)
{
	aeterna_start_hook *hook = AET_READ(start_hook);
	int saved = aet_errno;
	int waiting = aet_waiting;
	int interrupted = aet_interrupted;
	uint64_t all = ~0ull;
	uint64_t mask;

	if (!hook)
		return;
	(void)AET_SYS4(rt_sigprocmask, SIG_BLOCK, &all, &mask, 8);
	aet_waiting = 0;
	hook();
	aet_waiting = waiting;
	aet_interrupted = interrupted;
	(void)AET_SYS4(rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
	aet_errno = saved;
}

EXPORT int aeterna_attach(aeterna_hook *dump, aeterna_hook *load)
{
	if (!aet_lib.active)
		return -ENOTCONN;
	aet_turn_find_interpreter();
	AET_WRITE(aet_dump_hook, dump);
	AET_WRITE(aet_load_hook, load);
	aet_state_report_hooks(0);
	return join_without_listener();
}

EXPORT int aeterna_attach_size(aeterna_size_hook *size)
{
	if (!aet_lib.active)
		return -ENOTCONN;
	AET_WRITE(aet_size_hook, size);
	return 0;
}

EXPORT void aeterna_mergeable(int merges)
{
	AET_WRITE(can_merge, merges != 0);
}

EXPORT int aeterna_attach_describe(aeterna_describe_hook *describe)
{
	if (!aet_lib.active)
		return -ENOTCONN;
	AET_WRITE(aet_describe_hook, describe);
	return 0;
}

EXPORT int aeterna_attach_start(aeterna_start_hook *start)
{
	if (!aet_lib.active)
		return -ENOTCONN;
	AET_WRITE(start_hook, start);
	return 0;
}

EXPORT void aeterna_copy_checked(void *to, const void *from, uint64_t length, uint32_t *leaves)
{
	for (uint64_t at = 0; at < length; at += AET_STATE_LEAF) {
		size_t part = (size_t)AET_MIN(length - at, (uint64_t)AET_STATE_LEAF);
		void *into = to ? (uint8_t *)to + at : NULL;

		if (leaves)
			*leaves++ = aet_crc32c_copy(into, (const uint8_t *)from + at, part);
		else if (to)
			aet_copy(into, (const uint8_t *)from + at, part);
	}
}
