#include "state/stand_still.h"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "aeterna/module.h"
#include "core/export.h"
#include "core/frozen.h"
#include "core/kernel_action.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/park.h"
#include "core/successor.h"
#include "state/sigchld.h"
#include "state/state_copy.h"
#include "state/unparked.h"
#include "sys.h"

#define RECONCILE_MS    2 /* the lifeline tells; this is for what it does not */
#define REPLACED_MS     20 /* the same after the commit */
#define LOOK_FOR_PARENT 10000000 /* ns */
#define PAGE            4096
#define FORK_TRIES      20

enum { UNKNOWN, STANDS, RUNS };

static int stander; /* the process; its child has another number */
static _Atomic uint32_t *verdict; /* shared with the child */
static int request_fd = -1;
static bool was_pending; /* SIGCHLD, before the hook */
static bool stood;
static struct aet_kernel_action sigchld_action; /* the program's */
static bool is_hushed;

static void report_end(int status)
{
	/* After a report of its own the launcher ignores this one. */
	(void)aeterna_report(ECHILD, "dump_failed",
		status & 0x7f ? "the process that dumped was ended by a signal"
			      : "the process that dumped ended without a report",
		NULL, 0);
}

/* True while the child lives. */
static bool watch(int child)
{
	int status = 0;

	if (child <= 0)
		return false;
	if (AET_SYS4(wait4, child, &status, WNOHANG, NULL) == 0)
		return true;
	report_end(status);
	return false;
}

static void end_child(int child)
{
	(void)AET_SYS2(kill, child, SIGKILL);
	(void)AET_SYS4(wait4, child, NULL, 0, NULL);
	aet_sigchld_take(was_pending);
}

static void close_request(void)
{
	if (request_fd >= 0)
		(void)AET_SYS1(close, request_fd);
	request_fd = -1;
}

/*
 * Holds the thread until the swap is decided. After an undo the program goes on, and so it does after
 * a commit if it still has answers to finish. Otherwise it stays here until its successor has lasted
 * and it is killed, or until that one is dead and it serves again.
 */
static void await_decision(int child)
{
	bool lives = child > 0;
	uint64_t frozen = atomic_load(&aet_frozen_word);

	atomic_fetch_add(&aet_lib.page->standing, 1);
	do {
		struct pollfd lifeline = {.fd = aet_lib.lifeline, .events = POLLIN};

		(void)AET_SYS3(
			poll, &lifeline, 1, aet_frozen_is_replaced() ? REPLACED_MS : RECONCILE_MS);
		if (lives && !watch(child)) {
			lives = false;
			aet_sigchld_take(was_pending);
		}
		aet_reconcile();
		aet_successor_look();
	} while (aet_frozen_stays(frozen));
	/* A process that drains goes on, whatever the next swap brings. */
	aet_frozen_note_handover();
	aet_frozen_end();
	aet_reconcile(); /* the word may be newer than the last look, and nobody's signal follows */
	aet_park_end();
	atomic_fetch_sub(&aet_lib.page->standing, 1); /* a parent goes on after this (beside.h) */
	if (lives)
		end_child(child);
}

/*
 * The process that makes the copy of a snapshot is gone in an instant, and any thread may be the first
 * to take its SIGCHLD: none is raised meanwhile. Whoever of the program's own ends then is told of
 * afterwards.
 */
static void hush_sigchld(void)
{
	struct aet_kernel_action quiet = {0};

	if (is_hushed || AET_SYS4(rt_sigaction, SIGCHLD, NULL, &sigchld_action, 8) < 0 ||
		(void *)sigchld_action.handler == (void *)SIG_DFL ||
		(void *)sigchld_action.handler == (void *)SIG_IGN)
		return;
	is_hushed = AET_SYS4(rt_sigaction, SIGCHLD, &quiet, NULL, 8) == 0;
}

static void restore_sigchld(void)
{
	siginfo_t info = {0};

	if (!is_hushed)
		return;
	is_hushed = false;
	(void)AET_SYS4(rt_sigaction, SIGCHLD, &sigchld_action, NULL, 8);
	if (AET_SYS5(waitid, P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT, NULL) == 0 &&
		info.si_pid != 0)
		(void)AET_SYS2(kill, stander, SIGCHLD);
}

/* What the hook has forked for a snapshot ends when it has made the copy: 0, or -errno. */
static int await_copy(int child)
{
	int status = 0;

	/* A thread of the program may have waited for it. */
	(void)AET_SYS4(wait4, child, &status, 0, NULL);
	aet_sigchld_take(was_pending);
	restore_sigchld();
	return status == 0 ? 0 : -EAGAIN;
}

static void make_verdict(void)
{
	long memory = AET_SYS(
		SYS_mmap, 0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	verdict = memory < 0 && memory > -4096 ? NULL : (_Atomic uint32_t *)memory;
}

static void drop_verdict(void)
{
	if (verdict)
		(void)AET_SYS2(munmap, verdict, PAGE);
	verdict = NULL;
}

static void tell_child(uint32_t what)
{
	if (!verdict)
		return;
	atomic_store(verdict, what);
	(void)AET_SYS3(futex, verdict, FUTEX_WAKE, 1);
}

/* True when no other thread runs; otherwise it is reported, and the launcher undoes the swap. */
static bool park_others(void)
{
	struct aet_unparked thread;

	if (aet_park_others(&thread) == 0)
		return true;
	aet_unparked_report(&thread);
	return false;
}

/* A fork that waited for a thread's lock let that thread run on: it is no copy of what stands still
 * now. */
int aet_stand_fork(int (*fork_one)(void))
{
	for (int i = 0; i < FORK_TRIES; i++) {
		struct aet_unparked thread;
		int child;

		if (aet_park_tentatively(&thread) < 0) {
			aet_unparked_report(&thread);
			return -EBUSY;
		}
		aet_state_copy_try_again();
		if (aet_state_copy_is_hooks())
			hush_sigchld();
		child = fork_one();
		if (child == 0 && !aet_stand_await_parent())
			(void)AET_SYS1(exit_group, 1);
		if (child <= 0)
			return child;
		if (aet_park_confirm()) {
			tell_child(STANDS);
			return child;
		}
		tell_child(RUNS); /* the copy of a snapshot is no child */
		end_child(child);
		drop_verdict();
		make_verdict();
	}
	(void)aeterna_report(EBUSY, "no_safe_point",
		"its threads have locks that fork(2) takes, whenever they are stopped: malloc's?",
		NULL, 0);
	return -EBUSY;
}

void aet_stand_begin(int fd)
{
	make_verdict();
	stander = aet_lib.owner;
	request_fd = fd;
	was_pending = aet_sigchld_is_pending();
	stood = false;
	aet_lib.dumping = true;
}

void aet_stand_expect_copy(uint64_t step)
{
	aet_state_copy_expect(request_fd, step);
	hush_sigchld();
}

void aet_stand_end(void)
{
	restore_sigchld();
	aet_state_copy_expect_none();
	aet_lib.dumping = false;
	close_request();
	drop_verdict();
}

void aet_stand_by(int result)
{
	stood = true;
	close_request();
	tell_child(STANDS);
	if (result <= 0)
		return;
	while (watch(result)) {
		struct pollfd lifeline = {.fd = aet_lib.lifeline, .events = POLLIN};

		(void)AET_SYS3(poll, &lifeline, 1, RECONCILE_MS);
		aet_reconcile();
		if (aet_role() == AET_ROLE_SERVE)
			(void)AET_SYS2(kill, result, SIGKILL);
	}
	aet_sigchld_take(was_pending);
}

static bool is_stander(void)
{
	return aet_lib.dumping && !stood && AET_SYS0(getpid) == stander;
}

void aet_stand_still(int result)
{
	int child = result > 0 ? result : 0;

	if (stood)
		return;
	stood = true;
	close_request();
	if (child > 0 && aet_state_copy_is_hooks()) {
		/* It is made, and the program goes on: its threads need not stand. */
		result = await_copy(child);
		child = 0;
		tell_child(result == 0 ? STANDS : RUNS);
		if (result < 0)
			(void)aeterna_report(
				-result, "dump_failed", "no copy for a snapshot", NULL, 0);
	} else if (result >= 0 && park_others()) {
		tell_child(STANDS);
	} else {
		tell_child(RUNS);
		if (child > 0)
			end_child(child);
		child = 0;
	}
	await_decision(child);
}

EXPORT int aeterna_stand_still(int child)
{
	if (is_stander() && child > 0)
		aet_stand_still(child);
	return child;
}

EXPORT int aeterna_report_standing(const int32_t *fds, uint32_t count)
{
	int result = 0;

	if (!is_stander())
		return aeterna_report(0, NULL, NULL, fds, count);
	stood = true;
	if (park_others())
		result = aeterna_report(0, NULL, NULL, fds, count);
	close_request();
	await_decision(0);
	return result;
}

/* The copy of a snapshot has another parent. */
static bool is_stander_there(void)
{
	return aet_state_copy_serial() ? AET_SYS2(kill, stander, 0) == 0
				       : AET_SYS0(getppid) == stander;
}

bool aet_stand_await_parent(void)
{
	struct timespec limit = {0, LOOK_FOR_PARENT};

	if (!aet_lib.dumping || !verdict || AET_SYS0(getpid) == stander)
		return true;
	while (atomic_load(verdict) == UNKNOWN && is_stander_there())
		(void)AET_SYS4(futex, verdict, FUTEX_WAIT, UNKNOWN, &limit);
	return atomic_load(verdict) == STANDS ||
		(atomic_load(verdict) == UNKNOWN && !aet_state_copy_serial());
}
