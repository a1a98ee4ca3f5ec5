/*
 * Hooks that protect the file of a kept Unix socket. Programs remove it before they bind and again
 * when they end, and either would take it from the other generation. The launcher removes it when
 * it gives up the listener. Any other file costs one lstat.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "core/client.h"
#include "core/export.h"
#include "core/lib.h"
#include "core/lock.h"
#include "core/real.h"
#include "core/table.h"
#include "sys.h"

static bool is_held(int dir, const char *path)
{
	struct aet_path request = {0};
	struct aet_message reply;
	struct stat status = {0};
	uint64_t mask;
	bool held = false;

	if (!aet_lib.active || !path || !aet_is_owner())
		return false;
	if (AET_SYS4(newfstatat, dir, path, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
		(status.st_mode & S_IFMT) != S_IFSOCK)
		return false;
	request.dev = status.st_dev;
	request.ino = status.st_ino;
	aet_lock(&mask);
	if (aet_client_ask(AET_MSG_PATH, &request, sizeof(request), NULL, 0, &reply,
		    sizeof(struct aet_path_reply)) == 0) {
		held = AET_MESSAGE_BODY(&reply, AET_MSG_PATH | AET_WIRE_REPLY, aet_path_reply)
				->verdict == AET_VERDICT_HELD;
		aet_message_drop(&reply);
	}
	aet_unlock(&mask);
	return held;
}

static bool is_same_text(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* bind(tmp), rename(tmp, final): there is no file to rename when the bind() was answered. */
static bool is_adopted_path(const char *path)
{
	uint64_t mask;
	bool found = false;

	aet_lock(&mask);
	for (int i = 0; path && i < AET_SOCKETS_MAX && !found; i++) {
		const struct aet_socket *sock = &aet_sockets[i];
		const struct sockaddr_un *un = (const void *)sock->address.bytes;

		found = sock->state != AET_SOCKET_FREE && sock->adopted &&
			sock->address.family == AF_UNIX && is_same_text(un->sun_path, path);
	}
	aet_unlock(&mask);
	return found;
}

EXPORT int unlink(const char *path)
{
	int saved = aet_errno;

	if (is_held(AT_FDCWD, path)) {
		aet_errno = saved;
		return 0;
	}
	return AET_REAL(unlink)(path);
}

EXPORT int unlinkat(int dir, const char *path, int flags)
{
	int saved = aet_errno;

	if (!(flags & AT_REMOVEDIR) && is_held(dir, path)) {
		aet_errno = saved;
		return 0;
	}
	return AET_REAL(unlinkat)(dir, path, flags);
}

int remove(const char *path);

EXPORT int remove(const char *path)
{
	int saved = aet_errno;

	if (is_held(AT_FDCWD, path)) {
		aet_errno = saved;
		return 0;
	}
	return AET_REAL(remove)(path);
}

/* A generation that does not serve leaves a held file where it is. */
static bool keeps_name(int dir, const char *from)
{
	if (!aet_lib.active || !aet_is_owner())
		return false;
	if (dir == AT_FDCWD && is_adopted_path(from))
		return true;
	return aet_role() != AET_ROLE_SERVE && is_held(dir, from);
}

int rename(const char *from, const char *to);

EXPORT int rename(const char *from, const char *to)
{
	int saved = aet_errno;

	if (keeps_name(AT_FDCWD, from)) {
		aet_errno = saved;
		return 0;
	}
	return AET_REAL(rename)(from, to);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to);

EXPORT int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	int saved = aet_errno;

	if (keeps_name(from_dir, from)) {
		aet_errno = saved;
		return 0;
	}
	return AET_REAL(renameat)(from_dir, from, to_dir, to);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);

EXPORT int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	int saved = aet_errno;

	if (keeps_name(from_dir, from)) {
		aet_errno = saved;
		return 0;
	}
	return AET_REAL(renameat2)(from_dir, from, to_dir, to, flags);
}
