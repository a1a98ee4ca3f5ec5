/*
 * The descriptors that travel beside a container: any number up to a limit, in the order in which
 * its rows count them. The list owns and closes them, and always leaves the launcher enough free
 * descriptors to work with.
 */
#ifndef AET_FD_LIST_H
#define AET_FD_LIST_H

#include <stdint.h>

#define AET_FD_LIST_MAX 65536 /* module.h: AETERNA_FDS_LIMIT */
#define AET_FD_HEADROOM 256 /* numbers below RLIMIT_NOFILE kept free: this many, */
#define AET_FD_SHARE    4 /* but no more than one in so many */

struct aet_fd_list {
	int *fds; /* -1: a socket that aet_fd_list_end_sockets() closed */
	unsigned count;
	unsigned room;
};

/* Takes fd, even on failure. 0; -EMFILE: the launcher may open no more; -E2BIG: the list is at its
 * limit; or -ENOMEM. */
int aet_fd_list_add(struct aet_fd_list *list, int fd);

/* Adds the place of a socket that has ended: 0, -E2BIG or -ENOMEM. */
int aet_fd_list_add_ended(struct aet_fd_list *list);

void aet_fd_list_clear(struct aet_fd_list *list);

/*
 * Closes the sockets, at the commit: from then on only the new generation has them open, so that a
 * client sees it when the program closes one. Their places in the list stay.
 */
void aet_fd_list_end_sockets(struct aet_fd_list *list);

/*
 * Sends a message with the descriptor `before` (-1: none), then count descriptors of the list from
 * first on; for a closed socket, one that was never connected. 0 or -errno; -EINVAL: the list is
 * shorter. Never blocks.
 */
int aet_fd_list_send(const struct aet_fd_list *list, unsigned first, unsigned count, int to,
	const void *message, unsigned long length, int before);

/* Bytes of the files among them. */
uint64_t aet_fd_list_bytes(const struct aet_fd_list *list);

#endif
