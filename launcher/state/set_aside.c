#include "state/set_aside.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "fd.h"
#include "service/service.h"
#include "state/state_file.h"
#include "state/state_file_read.h"
#include "state/state_writer.h"

static struct aet_set_aside asides[AET_SET_ASIDE_MAX]; /* the oldest first */
static unsigned count;
static unsigned last_number;

const struct aet_set_aside *aet_set_aside_get(unsigned n)
{
	return n < count ? &asides[n] : NULL;
}

static struct aet_set_aside *find(const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(asides[i].name, name) == 0)
			return &asides[i];
	return NULL;
}

const struct aet_set_aside *aet_set_aside_named(const char *name)
{
	return find(name);
}

static bool path_of(const char *name, char *ret_path, unsigned long size)
{
	const char *path = aet_service.config->snapshot_file;

	return path && snprintf(ret_path, size, "%s.%s", path, name) < (int)size;
}

bool aet_set_aside_path(const struct aet_set_aside *aside, char *ret_path, unsigned long size)
{
	return aside->is_on_disk && path_of(aside->name, ret_path, size);
}

static void drop_oldest(void)
{
	struct aet_set_aside *oldest = &asides[0];
	char path[PATH_MAX];

	aet_log_warning("%s is dropped, %u states are set aside: it was %llu bytes: %s",
		oldest->name, AET_SET_ASIDE_MAX, (unsigned long long)oldest->bytes, oldest->why);
	if (aet_set_aside_path(oldest, path, sizeof(path)))
		(void)unlink(path);
	aet_state_set_clear(&oldest->set);
	count--;
	memmove(asides, asides + 1, count * sizeof(asides[0]));
}

static struct aet_set_aside *add(unsigned number)
{
	struct aet_set_aside *aside;

	if (count == AET_SET_ASIDE_MAX)
		drop_oldest();
	aside = &asides[count++];
	*aside = (struct aet_set_aside){0};
	(void)snprintf(aside->name, sizeof(aside->name), "aside-%u", number);
	return aside;
}

/* --- in memory, then on disk --- */

/* data: the number in its name. */
static void on_written(void *data, int result)
{
	char name[24];
	struct aet_set_aside *aside;

	(void)snprintf(name, sizeof(name), "aside-%u", (unsigned)(uintptr_t)data);
	aside = find(name);
	if (result < 0)
		aet_log_error("%s is in the launcher's memory alone: it could not be written: %s",
			name, strerror(-result));
	if (result < 0 || !aside)
		return;
	aside->is_on_disk = true;
	aet_state_set_clear(&aside->set);
}

static void write_down(const struct aet_set_aside *aside)
{
	char path[PATH_MAX];
	struct aet_state_write what = {.set = &aside->set,
		.path = path,
		.fd = -1,
		.why = aside->why,
		.done = on_written,
		.data = (void *)(uintptr_t)last_number};

	if (!path_of(aside->name, path, sizeof(path)) || aet_state_file_refusal(&aside->set))
		return;
	if (aet_state_writer_begin(&what) < 0)
		aet_log_error("%s is in the launcher's memory alone", aside->name);
}

static const struct aet_set_aside *find_same(const struct aet_state_set *set)
{
	for (unsigned i = 0; i < count; i++)
		if (asides[i].created_ns == set->created_ns)
			return &asides[i];
	return NULL;
}

void aet_set_aside_add(struct aet_state_set *set, const char *why)
{
	const struct aet_set_aside *same = find_same(set);
	struct aet_set_aside *aside;

	if (same) {
		aet_log_warning("a state is set aside already, as %s: %s", same->name, why);
		aet_state_set_clear(set);
		return;
	}
	aside = add(++last_number);
	aside->created_ns = set->created_ns;
	aside->bytes = set->bytes;
	aside->sealed_us = set->sealed_us;
	(void)snprintf(aside->why, sizeof(aside->why), "%s", why);
	aet_state_set_move(&aside->set, set);
	aet_log_warning("a state of %llu bytes is set aside as %s: %s (`restore %s` puts it back)",
		(unsigned long long)aside->bytes, aside->name, why, aside->name);
	write_down(aside);
}

/* --- those of an earlier launcher --- */

struct found {
	unsigned number;
	struct aet_state_file_header header;
};

static int compare(const void *left, const void *right)
{
	const struct found *a = left;
	const struct found *b = right;

	return a->number < b->number ? -1 : a->number > b->number;
}

/* The number in the name of a file "BASE.aside-N"; 0: it is none. */
static unsigned number_of(const char *name, const char *base)
{
	size_t length = strlen(base);
	char *end;
	unsigned long number;

	if (strncmp(name, base, length) != 0 || strncmp(name + length, ".aside-", 7) != 0)
		return 0;
	number = strtoul(name + length + 7, &end, 10);
	return *end == '\0' && number < UINT_MAX ? (unsigned)number : 0;
}

static bool look_at(int dir, const char *name, struct aet_state_file_header *ret_header)
{
	struct aet_state_file_flaw flaw;
	AET_CLOSE int fd = aet_state_file_open(dir, name, &flaw);
	bool is_good = fd >= 0 && aet_state_file_check(fd, ret_header, &flaw) == 0;

	if (!is_good)
		aet_log_warning("'%s' is left alone: %s: %s", name, flaw.reason, flaw.text);
	return is_good;
}

static void take(const struct found *found)
{
	struct aet_set_aside *aside;
	struct timespec now;

	last_number = found->number;
	aside = add(found->number);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	aside->bytes = found->header.total_len;
	aside->created_ns = found->header.created_ns;
	aside->sealed_us = aet_now_us() -
		((uint64_t)now.tv_sec * 1000000 -
			found->header.created_ns / 1000); /* unsigned: also before the boot */
	memcpy(aside->why, found->header.why, sizeof(aside->why));
	aside->is_on_disk = true;
}

void aet_set_aside_find(void)
{
	const char *path = aet_service.config->snapshot_file;
	struct found found[4 * AET_SET_ASIDE_MAX];
	char directory[PATH_MAX];
	const struct dirent *entry;
	unsigned used = 0;
	const char *base;
	DIR *dir;

	if (!path)
		return;
	base = strrchr(path, '/') + 1;
	(void)snprintf(directory, sizeof(directory), "%.*s", (int)(base - path), path);
	dir = opendir(directory);
	while (dir && used < sizeof(found) / sizeof(found[0]) && (entry = readdir(dir))) {
		found[used].number = number_of(entry->d_name, base);
		if (found[used].number > 0 &&
			look_at(dirfd(dir), entry->d_name, &found[used].header))
			used++;
	}
	if (dir)
		(void)closedir(dir);
	qsort(found, used, sizeof(found[0]), compare);
	/* More than fit: those stay on the disk, unlisted. */
	for (unsigned i = used > AET_SET_ASIDE_MAX ? used - AET_SET_ASIDE_MAX : 0; i < used; i++)
		take(&found[i]);
	if (count > 0)
		aet_log_warning("%u states are set aside: see status", count);
}
