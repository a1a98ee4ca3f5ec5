/*
 * Hooks of the calls that fail with EINTR even under SA_RESTART (signal(7)) and that the handler
 * does not mend: they wait on for the remaining time. poll and select also report the use of
 * listeners, and leave out held datagram sockets, whose descriptors keep the real one.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/time.h>

#include "connections/blocked_threads.h"
#include "connections/handoff_wait.h"
#include "core/background.h"
#include "core/export.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/real.h"
#include "core/signals.h"
#include "core/table.h"
#include "listeners/listener_use.h"

/* glibc declares that poll only writes its array; it reads the descriptors. */
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

/* A wait that may be resumed: when it ends, and whether it ends at all. */
struct wait {
	bool endless;
	int saved; /* errno at entry */
	struct timespec end;
};

static bool may_end_by_clock(const struct timespec *timeout)
{
	return timeout && (timeout->tv_sec || timeout->tv_nsec);
}

static struct wait wait_begin(const struct timespec *timeout)
{
	struct wait wait = {.endless = !timeout, .saved = aet_errno};

	aet_blocked_thread_note();
	if (may_end_by_clock(timeout)) {
		(void)AET_REAL(clock_gettime)(CLOCK_MONOTONIC, &wait.end);
		wait.end.tv_sec += timeout->tv_sec;
		wait.end.tv_nsec += timeout->tv_nsec;
		if (wait.end.tv_nsec >= 1000000000) {
			wait.end.tv_nsec -= 1000000000;
			wait.end.tv_sec++;
		}
	}
	aet_interrupted = 0;
	return wait;
}

/* True when the call failed because of our signal alone; *ret_left is then the remaining time. */
static bool wait_goes_on(const struct wait *wait, struct timespec *ret_left)
{
	struct timespec now;

	if (aet_errno != EINTR || !aet_interrupted)
		return false;
	aet_interrupted = 0;
	aet_errno = wait->saved;
	*ret_left = (struct timespec){0};
	if (wait->endless || (wait->end.tv_sec == 0 && wait->end.tv_nsec == 0))
		return true;
	(void)AET_REAL(clock_gettime)(CLOCK_MONOTONIC, &now);
	ret_left->tv_sec = wait->end.tv_sec - now.tv_sec;
	ret_left->tv_nsec = wait->end.tv_nsec - now.tv_nsec;
	if (ret_left->tv_nsec < 0) {
		ret_left->tv_nsec += 1000000000;
		ret_left->tv_sec--;
	}
	if (ret_left->tv_sec < 0)
		*ret_left = (struct timespec){0};
	return true;
}

static void note_poll(const struct pollfd *fds, nfds_t count)
{
	int saved = aet_errno;

	/* A helper may only look which descriptors are open: without events that is no wish. */
	for (nfds_t i = 0; i < count; i++)
		if (fds[i].fd >= 0 && (fds[i].events & (POLLIN | POLLRDNORM)) &&
			aet_mark_needs(aet_mark(fds[i].fd)))
			aet_listener_use(fds[i].fd, AET_USE_POLL);
	aet_errno = saved;
}

static bool is_hidden(int fd)
{
	const struct aet_socket *sock;
	uint64_t mask;
	bool hidden;

	if (AET_LIKELY(aet_mark(fd) == AET_MARK_NONE) || !aet_is_owner())
		return false;
	aet_lock(&mask);
	sock = aet_socket_of(fd);
	hidden = sock && sock->datagram && sock->held;
	aet_unlock(&mask);
	return hidden;
}

/* poll(2) ignores negative descriptors: ~fd is one, and ~ turns it back. */
static int poll_hidden(
	struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	int result;

	for (nfds_t i = 0; i < count; i++)
		if (is_hidden(fds[i].fd))
			fds[i].fd = ~fds[i].fd;
	result = AET_REAL(ppoll)(fds, count, timeout, mask);
	for (nfds_t i = 0; i < count; i++)
		if (fds[i].fd < -1 && aet_mark(~fds[i].fd) != AET_MARK_NONE)
			fds[i].fd = ~fds[i].fd;
	return result;
}

/* The mask of a wait with our signal let through; NULL stays NULL. */
static const sigset_t *without_ours(const sigset_t *mask, sigset_t *room)
{
	if (!mask)
		return NULL;
	*room = *mask;
	aet_signals_strip((uint64_t *)(void *)room);
	return room;
}

/* Connections of another generation wait here, or in a handoff queue. */
static inline bool has_parked(void)
{
	return AET_READ(aet_parked_total) + AET_READ(aet_queues_awaited) > 0;
}

static int poll_once(
	struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	struct wait wait = wait_begin(timeout);
	struct timespec left = timeout ? *timeout : (struct timespec){0};
	sigset_t stripped;
	int result;

	mask = without_ours(mask, &stripped);
	do {
		if (AET_UNLIKELY(has_parked()) && AET_READ(aet_hidden) == 0)
			result = aet_handoff_ppoll(fds, count, timeout ? &left : NULL, mask);
		else if (AET_READ(aet_hidden) > 0)
			result = poll_hidden(fds, count, timeout ? &left : NULL, mask);
		else
			result = AET_REAL(ppoll)(fds, count, timeout ? &left : NULL, mask);
	} while (result < 0 && wait_goes_on(&wait, &left));
	return result;
}

static int poll_on(
	struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	static const struct timespec slice = {0, AET_BACKGROUND_SLICE_NS};
	int result;

	if (!may_end_by_clock(timeout))
		return poll_once(fds, count, timeout, mask);
	aet_background_wait();
	result = poll_once(fds, count, timeout, mask);
	if (AET_LIKELY(aet_background_goes_on(result == 0)))
		return result;
	aet_background_stand();
	do
		result = poll_once(fds, count, &slice, mask);
	while (!aet_background_goes_on(result == 0));
	aet_background_stand_no_more();
	return result;
}

EXPORT int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	struct timespec limit = {timeout / 1000, (long)(timeout % 1000) * 1000000};

	if (AET_UNLIKELY(AET_READ(aet_attention) > 0))
		note_poll(fds, count);
	if (AET_LIKELY(!aet_is_joined()))
		return AET_REAL(poll)(fds, count, timeout);
	return poll_on(fds, count, timeout < 0 ? NULL : &limit, NULL);
}

EXPORT int ppoll(
	struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	if (AET_UNLIKELY(AET_READ(aet_attention) > 0))
		note_poll(fds, count);
	if (AET_LIKELY(!aet_is_joined()))
		return AET_REAL(ppoll)(fds, count, timeout, mask);
	return poll_on(fds, count, timeout, mask);
}

/* The fortified names, which glibc's headers use where the compiler knows the size of the array.
 * The real ones complain of what does not fit. */
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
	const sigset_t *mask, size_t room);

EXPORT int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room)
{
	if (count > room / sizeof(*fds))
		return aet_real.__poll_chk(fds, count, timeout, room);
	return poll(fds, count, timeout);
}

EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
	const sigset_t *mask, size_t room)
{
	if (count > room / sizeof(*fds))
		return aet_real.__ppoll_chk(fds, count, timeout, mask, room);
	return ppoll(fds, count, timeout, mask);
}

static void note_select(int count, const fd_set *read)
{
	int saved = aet_errno;

	for (int fd = 0; read && fd < count; fd++)
		if (aet_mark_needs(aet_mark(fd)) && FD_ISSET(fd, read))
			aet_listener_use(fd, AET_USE_POLL);
	aet_errno = saved;
}

static int select_once(int count, fd_set *r, fd_set *w, fd_set *e, const struct timespec *timeout,
	const sigset_t *mask)
{
	struct wait wait = wait_begin(timeout);
	struct timespec left = timeout ? *timeout : (struct timespec){0};
	sigset_t stripped;
	int result;

	mask = without_ours(mask, &stripped);
	do {
		int hidden[AET_SOCKETS_MAX];
		int hidden_count = 0;

		for (int fd = 0; r && AET_READ(aet_hidden) > 0 && fd < count &&
			hidden_count < AET_SOCKETS_MAX;
			fd++) {
			if (!FD_ISSET(fd, r) || !is_hidden(fd))
				continue;
			FD_CLR(fd, r);
			hidden[hidden_count++] = fd;
		}
		if (AET_UNLIKELY(has_parked()))
			result = aet_handoff_pselect(count, r, w, e, timeout ? &left : NULL, mask);
		else
			result = AET_REAL(pselect)(count, r, w, e, timeout ? &left : NULL, mask);
		/* On failure the sets are as they were: put back what was taken out. */
		for (int i = 0; result < 0 && i < hidden_count; i++)
			FD_SET(hidden[i], r);
	} while (result < 0 && wait_goes_on(&wait, &left));
	return result;
}

/* Of so many descriptors, in the words that the kernel reads. */
static size_t bytes_of(int count)
{
	return ((size_t)AET_MAX(count, 0) + 63) / 64 * 8;
}

static int select_on(int count, fd_set *r, fd_set *w, fd_set *e, const struct timespec *timeout,
	const sigset_t *mask)
{
	static const struct timespec slice = {0, AET_BACKGROUND_SLICE_NS};
	fd_set *sets[] = {r, w, e};
	fd_set saved[3];
	int result;

	if (AET_LIKELY(!aet_is_background) || !may_end_by_clock(timeout) || count > FD_SETSIZE)
		return select_once(count, r, w, e, timeout, mask);
	for (int i = 0; i < 3; i++)
		if (sets[i])
			aet_copy(&saved[i], sets[i], bytes_of(count));
	aet_background_wait();
	result = select_once(count, r, w, e, timeout, mask);
	if (AET_LIKELY(aet_background_goes_on(result == 0)))
		return result;
	aet_background_stand();
	do {
		for (int i = 0; i < 3; i++)
			if (sets[i])
				aet_copy(sets[i], &saved[i], bytes_of(count));
		result = select_once(count, r, w, e, &slice, mask);
	} while (!aet_background_goes_on(result == 0));
	aet_background_stand_no_more();
	return result;
}

EXPORT int select(int count, fd_set *r, fd_set *w, fd_set *e, struct timeval *timeout)
{
	struct timespec limit;
	struct wait wait;
	int result;

	if (AET_UNLIKELY(AET_READ(aet_attention) > 0))
		note_select(count, r);
	if (AET_LIKELY(!aet_is_joined()))
		return AET_REAL(select)(count, r, w, e, timeout);
	if (!timeout)
		return select_on(count, r, w, e, NULL, NULL);
	limit = (struct timespec){timeout->tv_sec, timeout->tv_usec * 1000};
	wait = wait_begin(&limit);
	result = select_on(count, r, w, e, &limit, NULL);
	if (wait.end.tv_sec || wait.end.tv_nsec) { /* Linux reports what is left, select(2) */
		struct timespec left = {0};
		int saved = aet_errno;

		aet_errno = EINTR;
		aet_interrupted = 1;
		(void)wait_goes_on(&wait, &left);
		aet_errno = saved;
		timeout->tv_sec = left.tv_sec;
		timeout->tv_usec = left.tv_nsec / 1000;
	}
	return result;
}

EXPORT int pselect(int count, fd_set *r, fd_set *w, fd_set *e, const struct timespec *timeout,
	const sigset_t *mask)
{
	if (AET_UNLIKELY(AET_READ(aet_attention) > 0))
		note_select(count, r);
	if (AET_LIKELY(!aet_is_joined()))
		return AET_REAL(pselect)(count, r, w, e, timeout, mask);
	return select_on(count, r, w, e, timeout, mask);
}

/* epoll_wait needs no hook (context.c), but a mask that blocks our signal would hold up a swap. */
EXPORT int epoll_pwait(
	int epfd, struct epoll_event *events, int max, int timeout, const sigset_t *mask)
{
	sigset_t stripped;

	if (AET_UNLIKELY(mask != NULL) && aet_is_joined()) {
		stripped = *mask;
		aet_signals_strip((uint64_t *)(void *)&stripped);
		mask = &stripped;
	}
	return AET_REAL(epoll_pwait)(epfd, events, max, timeout, mask);
}
