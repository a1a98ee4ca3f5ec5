/*
 * Hooks that do not show the file of a socket which another generation has bound, and this one has
 * not: programs look whether it is there before they bind. Any other file costs a look at its type,
 * and access(2) a load while every address is everybody's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "core/export.h"
#include "core/lib.h"
#include "core/real.h"
#include "core/view.h"
#include "listeners/reach.h"
#include "sys.h"

static bool is_hidden(int dir, const char *path)
{
	struct stat status = {0};

	return aet_lib.active && path && AET_SYS4(newfstatat, dir, path, &status, 0) == 0 &&
		S_ISSOCK(status.st_mode) && aet_reach_hides(status.st_dev, status.st_ino);
}

static int fail(void)
{
	aet_errno = ENOENT;
	return -1;
}

static inline int show(int result, unsigned mode, int dir, const char *path)
{
	if (AET_LIKELY(result != 0 || !S_ISSOCK(mode)) || aet_view_is_free() ||
		!is_hidden(dir, path))
		return result;
	return fail();
}

static inline int allow(int result, int dir, const char *path)
{
	if (AET_LIKELY(result != 0 || aet_view_is_free()) || !is_hidden(dir, path))
		return result;
	return fail();
}

EXPORT int access(const char *path, int mode)
{
	return allow(AET_REAL(access)(path, mode), AT_FDCWD, path);
}

EXPORT int faccessat(int dir, const char *path, int mode, int flags)
{
	return allow(AET_REAL(faccessat)(dir, path, mode, flags), dir, path);
}

EXPORT int statx(int dir, const char *path, int flags, unsigned mask, struct statx *status)
{
	int result = AET_REAL(statx)(dir, path, flags, mask, status);

	return show(result, result == 0 ? status->stx_mode : 0, dir, path);
}

/* On a machine of 64 bits both sizes of files are one. */
#define BY_PATH(name, type)                                                                        \
	int name(const char *path, struct type *status);                                           \
	EXPORT int name(const char *path, struct type *status)                                     \
	{                                                                                          \
		int result = AET_REAL(name)(path, status);                                         \
                                                                                                   \
		return show(result, result == 0 ? status->st_mode : 0, AT_FDCWD, path);            \
	}

#define BY_DIRECTORY(name, type)                                                                   \
	int name(int dir, const char *path, struct type *status, int flags);                       \
	EXPORT int name(int dir, const char *path, struct type *status, int flags)                 \
	{                                                                                          \
		int result = AET_REAL(name)(dir, path, status, flags);                             \
                                                                                                   \
		return show(result, result == 0 ? status->st_mode : 0, dir, path);                 \
	}

/* What programs call that were built with glibc before 2.33. */
#define BY_VERSION(name, type)                                                                     \
	int name(int version, const char *path, struct type *status);                              \
	EXPORT int name(int version, const char *path, struct type *status)                        \
	{                                                                                          \
		int result = AET_REAL(name)(version, path, status);                                \
                                                                                                   \
		return show(result, result == 0 ? status->st_mode : 0, AT_FDCWD, path);            \
	}

BY_PATH(stat, stat)
BY_PATH(lstat, stat)
BY_DIRECTORY(fstatat, stat)
BY_VERSION(__xstat, stat)
BY_VERSION(__lxstat, stat)
BY_PATH(stat64, stat64)
BY_PATH(lstat64, stat64)
BY_DIRECTORY(fstatat64, stat64)
BY_VERSION(__xstat64, stat64)
BY_VERSION(__lxstat64, stat64)
