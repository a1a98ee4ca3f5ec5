#include "base/fd_list.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aeterna/module.h"
#include "fd.h"
#include "msgio.h"
#include "util.h"

#define FIRST_ROOM 32

static_assert(AET_FD_LIST_MAX == AETERNA_FDS_LIMIT, "module.h");

/* The kernel hands out the lowest free number: one near the limit means that few are left. */
static bool is_near_limit(int fd)
{
	struct rlimit limit;
	rlim_t headroom;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return false;
	headroom = AET_MIN(limit.rlim_cur / AET_FD_SHARE, (rlim_t)AET_FD_HEADROOM);
	return (rlim_t)fd >= limit.rlim_cur - headroom;
}

static int grow(struct aet_fd_list *list)
{
	unsigned room = list->room ? list->room * 2 : FIRST_ROOM;
	int *grown;

	if (list->count < list->room)
		return 0;
	grown = realloc(list->fds, room * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->fds = grown;
	list->room = room;
	return 0;
}

int aet_fd_list_add(struct aet_fd_list *list, int fd)
{
	int result = is_near_limit(fd) ? -EMFILE : 0;

	if (list->count >= AET_FD_LIST_MAX)
		result = -E2BIG;
	if (result == 0)
		result = grow(list);
	if (result < 0) {
		(void)close(fd);
		return result;
	}
	list->fds[list->count++] = fd;
	return 0;
}

int aet_fd_list_add_ended(struct aet_fd_list *list)
{
	int result = list->count >= AET_FD_LIST_MAX ? -E2BIG : grow(list);

	if (result == 0)
		list->fds[list->count++] = -1;
	return result;
}

void aet_fd_list_clear(struct aet_fd_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		aet_fd_close(&list->fds[i]);
	free(list->fds);
	*list = (struct aet_fd_list){0};
}

void aet_fd_list_end_sockets(struct aet_fd_list *list)
{
	for (unsigned i = 0; i < list->count; i++) {
		struct stat info;

		if (list->fds[i] >= 0 && fstat(list->fds[i], &info) == 0 && S_ISSOCK(info.st_mode))
			aet_fd_close(&list->fds[i]);
	}
}

int aet_fd_list_send(const struct aet_fd_list *list, unsigned first, unsigned count, int to,
	const void *message, unsigned long length, int before)
{
	AET_CLOSE int ended = -1;
	int fds[AET_MESSAGE_FDS];
	int used = 0;

	if (before >= 0)
		fds[used++] = before;
	if (first > list->count || count > list->count - first ||
		count > (unsigned)(AET_MESSAGE_FDS - used))
		return -EINVAL;
	for (unsigned i = first; i < first + count; i++) {
		if (list->fds[i] < 0 && ended < 0)
			ended = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		fds[used] = list->fds[i] < 0 ? ended : list->fds[i];
		if (fds[used++] < 0)
			return -EMFILE;
	}
	return aet_message_send(to, message, length, fds, used, MSG_DONTWAIT);
}

uint64_t aet_fd_list_bytes(const struct aet_fd_list *list)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < list->count; i++) {
		struct stat info;

		if (list->fds[i] >= 0 && fstat(list->fds[i], &info) == 0)
			bytes += (uint64_t)info.st_size;
	}
	return bytes;
}
