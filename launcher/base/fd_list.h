/*
 * The descriptors that travel beside a container: any number up to a limit, in the order in which
 * its rows count them. Ours, until they are closed. What the launcher needs for its own work is
 * never used up by them.
 */
#ifndef AET_FD_LIST_H
#define AET_FD_LIST_H

#include <stdint.h>

#define AET_FD_LIST_MAX 65536 /* module.h: AETERNA_FDS_LIMIT */
#define AET_FD_HEADROOM 256 /* numbers below RLIMIT_NOFILE left to the launcher: at most, */
#define AET_FD_SHARE    4 /* and at most one of so many */

struct aet_fd_list {
	int *fds; /* -1: a socket that has ended, see below */
	unsigned count;
	unsigned room;
};

/* Takes the descriptor, also on failure: 0, -EMFILE: the launcher may open no more, -E2BIG: more
 * than may travel, or -ENOMEM. */
int aet_fd_list_add(struct aet_fd_list *list, int fd);

void aet_fd_list_clear(struct aet_fd_list *list);

/*
 * Lets go of the sockets: from the commit on they are the new generation's alone, and a client has
 * to see it when that one closes them. Their places stay.
 */
void aet_fd_list_end_sockets(struct aet_fd_list *list);

/*
 * Sends a message with one descriptor before the others (-1: none) and count of the list, from first
 * on; a socket that has ended is one that was never connected. 0 or -errno; -EINVAL: there are not
 * so many. Never blocks.
 */
int aet_fd_list_send(const struct aet_fd_list *list, unsigned first, unsigned count, int to,
	const void *message, unsigned long length, int before);

/* Bytes of the files among them. */
uint64_t aet_fd_list_bytes(const struct aet_fd_list *list);

#endif
