#include "state/state_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fd.h"
#include "state/state_file.h"
#include "state/state_set.h"

#define REFUSED_MAX    1000
#define RENAME_IF_FREE 1u /* RENAME_NOREPLACE of renameat2(2); musl has no renameat2() */

/* The directory of a path, and the names in it. */
struct place {
	int dir; /* owned */
	char name[NAME_MAX + 1];
	char before[NAME_MAX + 1];
	char fresh[NAME_MAX + 1];
};

static int find_place(const char *path, struct place *ret)
{
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX];
	size_t length = slash ? (size_t)(slash - path) : 0;

	if (!slash || length >= sizeof(directory) || strlen(slash + 1) > NAME_MAX - 16 || !slash[1])
		return -EINVAL;
	memcpy(directory, path, length);
	directory[length] = '\0';
	(void)snprintf(ret->name, sizeof(ret->name), "%.200s", slash + 1);
	(void)snprintf(ret->before, sizeof(ret->before), "%.200s.1", slash + 1);
	(void)snprintf(ret->fresh, sizeof(ret->fresh), "%.200s.new", slash + 1);
	ret->dir = open(length ? directory : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return ret->dir < 0 ? -errno : 0;
}

/* --- the file that is written --- */

/* Whether the name is still that of the open file: whoever wrote it before has renamed it. */
static bool is_named(const struct place *place, int fd)
{
	struct stat open_one;
	struct stat named;

	return fstat(fd, &open_one) == 0 &&
		fstatat(place->dir, place->fresh, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
		open_one.st_ino == named.st_ino && open_one.st_dev == named.st_dev;
}

/* The lock ends with the process: a file of this name without a lock is left from one that died. */
static int open_fresh(const struct place *place)
{
	struct stat info;
	AET_CLOSE int fd = openat(place->dir, place->fresh,
		O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (!is_named(place, fd))
		return -EBUSY;
	if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) || info.st_uid != geteuid() ||
		info.st_nlink != 1)
		return -EPERM;
	if (fchmod(fd, 0600) < 0 || ftruncate(fd, 0) < 0)
		return -errno;
	return aet_fd_take(&fd);
}

/* --- those that are there --- */

static bool is_refused(
	const struct place *place, const char *name, const struct aet_state_disk_refused *refused)
{
	struct aet_state_file_header header;
	struct aet_state_file_flaw flaw;
	struct stat info;
	AET_CLOSE int fd = aet_state_file_open(place->dir, name, &flaw);

	if (fd == -ENOENT)
		return false;
	if (fd < 0 || aet_state_file_check(fd, &header, &flaw) < 0 || fstat(fd, &info) < 0)
		return true;
	return refused && (info.st_ino == refused->inodes[0] || info.st_ino == refused->inodes[1]);
}

/* As by renameat2(2) where the file system has that; -EEXIST: the name is taken. */
static int rename_if_free(int dir, const char *from, const char *to)
{
	struct stat info;

	if (syscall(SYS_renameat2, dir, from, dir, to, RENAME_IF_FREE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (fstatat(dir, to, &info, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	return renameat(dir, from, dir, to) < 0 ? -errno : 0;
}

/* Gives a file that could not be read a name of its own: 0, or -errno. */
static int put_aside(const struct place *place, const char *name)
{
	char aside[NAME_MAX + 1];
	int result = -EEXIST;

	for (unsigned i = 1; i < REFUSED_MAX; i++) {
		(void)snprintf(aside, sizeof(aside), "%.200s.refused-%u", place->name, i);
		result = rename_if_free(place->dir, name, aside);
		if (result != -EEXIST)
			break;
	}
	return result;
}

/* The newest one becomes the one before, under both names for a moment. */
static int step_back(const struct place *place)
{
	if (unlinkat(place->dir, place->before, 0) < 0 && errno != ENOENT)
		return -errno;
	if (linkat(place->dir, place->name, place->dir, place->before, 0) == 0 || errno == ENOENT)
		return 0;
	/* A file system without links, or one that forbids them. */
	return renameat(place->dir, place->name, place->dir, place->before) < 0 ? -errno : 0;
}

static int make_way(const struct place *place, const struct aet_state_disk_refused *refused)
{
	int result = 0;

	if (is_refused(place, place->before, refused))
		result = put_aside(place, place->before);
	if (result == 0 && is_refused(place, place->name, refused))
		return put_aside(place, place->name);
	return result == 0 ? step_back(place) : result;
}

static int write_to(const struct place *place, const struct aet_state_set *set, const char *why,
	const struct aet_state_disk_refused *refused)
{
	AET_CLOSE int fd = open_fresh(place);
	int result = fd < 0 ? fd : aet_state_file_write(fd, set, why);

	if (result == 0)
		result = make_way(place, refused);
	if (result == 0 && renameat(place->dir, place->fresh, place->dir, place->name) < 0)
		result = -errno;
	if (result == 0)
		return fsync(place->dir) < 0 ? -errno : 0;
	if (fd >= 0) /* under the lock: nobody else's */
		(void)unlinkat(place->dir, place->fresh, 0);
	return result;
}

int aet_state_disk_write(const char *path, const struct aet_state_set *set, const char *why,
	const struct aet_state_disk_refused *refused)
{
	struct place place;
	int result = find_place(path, &place);

	if (result < 0)
		return result;
	result = write_to(&place, set, why, refused);
	(void)close(place.dir);
	return result;
}

/* --- reading --- */

static int read_one(const struct place *place, const char *name, struct aet_state_set *ret_set,
	struct aet_state_file_flaw *ret_flaw, uint64_t *ret_inode)
{
	AET_CLOSE int fd = aet_state_file_open(place->dir, name, ret_flaw);
	struct stat info;
	int result;

	if (fd < 0)
		return fd;
	if (fstat(fd, &info) == 0)
		*ret_inode = info.st_ino;
	result = aet_state_file_lay_out(fd, ret_set, ret_flaw);
	if (result < 0)
		return result;
	result = aet_state_file_fill(fd, ret_set, ret_flaw);
	if (result < 0)
		aet_state_set_clear(ret_set);
	return result;
}

int aet_state_disk_read(const char *path, struct aet_state_set *ret_set,
	void (*say)(const char *path, const struct aet_state_file_flaw *flaw),
	struct aet_state_disk_refused *ret_refused)
{
	struct aet_state_file_flaw flaw;
	struct place place;
	char full[PATH_MAX];
	int first = 0;
	int result = find_place(path, &place);

	*ret_refused = (struct aet_state_disk_refused){0};
	if (result < 0)
		return result == -ENOENT ? -ENOENT : result;
	for (unsigned i = 0; i < 2; i++) {
		result = read_one(&place, i ? place.before : place.name, ret_set, &flaw,
			&ret_refused->inodes[i]);
		if (result == 0) {
			ret_refused->inodes[i] = 0;
			break;
		}
		if (result == -ENOENT)
			continue;
		(void)snprintf(full, sizeof(full), "%s%s", path, i ? ".1" : "");
		say(full, &flaw);
		first = first ? first : result;
	}
	(void)close(place.dir);
	return result == -ENOENT && first ? first : result;
}

bool aet_state_disk_is_open_to_others(const char *path)
{
	struct place place;
	struct stat info;
	bool is_open;

	if (find_place(path, &place) < 0)
		return false;
	is_open = fstat(place.dir, &info) == 0 &&
		((info.st_mode & (S_IWGRP | S_IWOTH) && !(info.st_mode & S_ISVTX)) ||
			(info.st_uid != geteuid() && info.st_uid != 0));
	(void)close(place.dir);
	return is_open;
}
