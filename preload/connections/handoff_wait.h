/*
 * poll and select that wake for parked connections as well.
 */
#ifndef AET_HANDOFF_WAIT_H
#define AET_HANDOFF_WAIT_H

#include <poll.h>
#include <sys/select.h>

/* ppoll(2) and pselect(2) while connections are parked: they also watch the parking epolls of the
 * listeners in their sets. The caller has stripped our signal from mask. */
int aet_handoff_ppoll(
	struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask);
int aet_handoff_pselect(int count, fd_set *r, fd_set *w, fd_set *e, const struct timespec *timeout,
	const sigset_t *mask);

#endif
