#include "connections/hold.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <time.h>

#include "connections/blocked_threads.h"
#include "connections/migrate_out.h"
#include "core/frozen.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/park.h"
#include "core/table.h"
#include "sys.h"

#define HELD_PAUSE_NS 1000000
#define AWAIT_NS      20000000
#define KICK_AGAIN_MS 2 /* a signal may come just before the read begins */

static _Atomic int quieted_count; /* at least so many registrations have no events */

static void set_events(const struct aet_conn *conn, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.u64 = conn->data};

	(void)AET_SYS4(epoll_ctl, conn->epfd, EPOLL_CTL_MOD, fd, &event);
}

/* A one-shot registration that fired has no events already. */
void aet_conn_quieten(int fd, struct aet_conn *conn, uint64_t word)
{
	if (conn->epfd < 0 || AET_READ(conn->quieted) || (conn->events & EPOLLONESHOT))
		return;
	AET_WRITE(conn->quieted, true);
	atomic_fetch_add(&quieted_count, 1);
	set_events(conn, fd, 0);
	/* If the swap was decided meanwhile, another thread may have rearmed everything just before
	 * this, and nobody would do it again. */
	if (atomic_load(&aet_lib.page->word) != word) {
		AET_WRITE(conn->quieted, false);
		set_events(conn, fd, conn->events);
	}
}

/*
 * What poll(2) and select(2) wait for stays readable: a program that asks by them would run in a circle,
 * and a main thread would never be in a call that waits (state/safe_point.h). It is in one here.
 */
void aet_conn_pause(void)
{
	struct timespec limit = {0, HELD_PAUSE_NS};

	(void)AET_SYS5(ppoll, NULL, 0, &limit, NULL, 8);
}

void aet_conn_await(int fd)
{
	struct pollfd look = {.fd = fd, .events = POLLIN};
	struct timespec limit = {0, AWAIT_NS};

	(void)AET_SYS5(ppoll, &look, 1, &limit, NULL, 8);
	aet_interrupted = 0; /* the caller looks again, whatever ended this */
}

/*
 * Sleeps from the dump until the swap is undone. After a commit the thread, which has read nothing,
 * gives its connection away once and stays here: it has no work left.
 */
static void stay_while_frozen(int fd, struct aet_conn *conn)
{
	bool tried = false;

	while (aet_is_frozen()) {
		if (!tried && aet_role() == AET_ROLE_DRAIN) {
			tried = true;
			(void)aet_conn_migrate_out(fd, conn);
		}
		aet_frozen_wait();
	}
}

void aet_conn_hold_read(int fd, struct aet_conn *conn)
{
	aet_park_hold();
	aet_reconcile(); /* the gate may have waited for this thread alone */
	while (aet_role() == AET_ROLE_HOLD)
		aet_page_wait(atomic_load(&aet_lib.page->word));
	stay_while_frozen(fd, conn);
	aet_park_release();
}

void aet_conn_hold_write(void)
{
	aet_park_hold();
	while (aet_is_frozen())
		aet_frozen_wait();
	aet_park_release();
}

bool aet_conns_are_still(void)
{
	for (int fd = 0; aet_conns && fd <= aet_conn_high; fd++) {
		const struct aet_conn *conn = &aet_conns[fd];
		const struct aet_http *http = &conn->http;

		/* What is counted already is the count's business. */
		if (aet_mark(fd) != AET_MARK_CONNECTION || atomic_load(&conn->users) == 0 ||
			atomic_load(&conn->busy))
			continue;
		/* A connection that is lost, or has announced its end, may be read for ever. */
		if (!atomic_load(&http->lost) &&
			!(atomic_load(&http->closing) &&
				atomic_load(&http->answered) == atomic_load(&http->asked)))
			return false;
	}
	return true;
}

static uint32_t now_ms(void)
{
	struct timespec now = {0};

	(void)AET_SYS2(clock_gettime, CLOCK_MONOTONIC, &now);
	return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

/*
 * A thread inside a read would take the next request: on an idle connection, and from the dump on
 * on any. Each thread that comes out reconciles as well, and would interrupt all that are not out
 * yet: hence the pause between two signals to one thread.
 */
static bool kick_readers(void)
{
	bool frozen = aet_is_frozen();
	uint32_t now = now_ms();
	bool any = false;

	for (int fd = 0; fd <= aet_conn_high; fd++) {
		struct aet_conn *conn = &aet_conns[fd];

		if (aet_mark(fd) != AET_MARK_CONNECTION || atomic_load(&conn->users) == 0 ||
			!(frozen || aet_http_is_idle(&conn->http)))
			continue;
		any = true;
		if (now - conn->kicked_ms < KICK_AGAIN_MS)
			continue;
		conn->kicked_ms = now;
		aet_blocked_thread_kick(conn->reader);
	}
	return any;
}

static void rearm_all(void)
{
	for (int fd = 0; fd <= aet_conn_high; fd++) {
		struct aet_conn *conn = &aet_conns[fd];

		if (!AET_READ(conn->quieted))
			continue;
		AET_WRITE(conn->quieted, false);
		if (aet_mark(fd) == AET_MARK_CONNECTION && conn->epfd >= 0)
			set_events(conn, fd, conn->events);
	}
	atomic_store(&quieted_count, 0);
}

bool aet_conns_hold(enum aet_role role)
{
	if (!aet_conns)
		return true;
	if (role == AET_ROLE_HOLD && atomic_load(&aet_lib.page->busy_policy))
		return !kick_readers();
	if (atomic_load(&quieted_count) > 0)
		rearm_all();
	return true;
}
