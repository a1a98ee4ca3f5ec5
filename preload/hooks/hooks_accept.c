/*
 * Hooks of accept in the library that follows connections. A connection that another generation
 * gave up comes first, and every connection is followed from here on.
 */
#include <errno.h>

#include "connections/blocked_threads.h"
#include "connections/conn.h"
#include "connections/handoff_accept.h"
#include "core/export.h"
#include "core/lib.h"
#include "core/real.h"
#include "core/table.h"
#include "listeners/listener_use.h"

static void note_accept(int fd)
{
	int saved = aet_errno;

	aet_listener_use(fd, AET_USE_ACCEPT);
	aet_errno = saved;
}

static int take_over(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	int got = aet_queue_accept(fd, addr, len, flags);

	if (got < 0 && got != -EAGAIN) {
		aet_errno = -got;
		return -1;
	}
	return got;
}

static int accept_one(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	int saved = aet_errno;
	int got;

	if (AET_UNLIKELY(aet_mark_needs(aet_mark(fd))))
		note_accept(fd);
	aet_blocked_thread_note();
	do {
		if (AET_UNLIKELY(AET_READ(aet_parked_total) + AET_READ(aet_queues_awaited) > 0) &&
			(got = take_over(fd, addr, len, flags)) != -EAGAIN)
			return got;
		aet_waiting = 1;
		got = flags ? AET_REAL(accept4)(fd, addr, len, flags)
			    : AET_REAL(accept)(fd, addr, len);
		aet_waiting = 0;
	} while (got < 0 && aet_goes_on(saved));
	if (got >= 0)
		aet_conn_open(fd, got, 0);
	return got;
}

EXPORT int accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	return accept_one(fd, addr, len, 0);
}

EXPORT int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	return accept_one(fd, addr, len, flags);
}
