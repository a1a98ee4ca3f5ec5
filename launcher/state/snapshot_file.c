#include "state/snapshot_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "service/service.h"
#include "state/state.h"
#include "state/state_disk.h"
#include "state/state_file.h"
#include "state/state_set.h"
#include "state/state_writer.h"

#define WAITERS 8

/* Who is told when a snapshot has been written. */
struct waiter {
	void (*done)(void *data, int result);
	void *data;
};

struct job {
	struct waiter waiters[WAITERS];
	unsigned count;
	uint64_t bytes; /* of what is being written */
	uint64_t sealed_us;
};

static struct aet_snapshot_file_info info;
static struct aet_state_disk_refused refused;
static struct job now; /* count 0: nobody writes */
static struct job next; /* begins when the one now has ended */

static void say_refused(const char *path, const struct aet_state_file_flaw *flaw)
{
	aet_log_error("snapshot_file '%s' is refused and stays as it is: %s: %s", path,
		flaw->reason, flaw->text);
	(void)snprintf(info.error, sizeof(info.error), "%s: %s", flaw->reason, flaw->text);
}

void aet_snapshot_file_read(void)
{
	const char *path = aet_service.config->snapshot_file;
	struct aet_state_set set;
	int result;

	if (!path)
		return;
	if (aet_state_disk_is_open_to_others(path))
		aet_log_warning("other users may replace files beside '%s': a snapshot is code, "
				"keep it in a directory of its own",
			path);
	result = aet_state_disk_read(path, &set, say_refused, &refused);
	if (result == -ENOENT) {
		aet_log_info("no snapshot in '%s' yet: the program starts without state", path);
		return;
	}
	if (result < 0) {
		aet_log_error("no snapshot can be read from '%s': the program starts without state",
			path);
		return;
	}
	info.is_written = true;
	info.bytes = set.bytes;
	info.sealed_us = set.sealed_us;
	aet_state_take_snapshot(&set);
	aet_log_info("snapshot of %.1f s ago read from '%s': %llu bytes",
		(double)aet_state_kept_age_us() / 1e6, path,
		(unsigned long long)aet_state_kept_bytes());
}

static void begin(void);

static void tell(const struct job *job, int result)
{
	for (unsigned i = 0; i < job->count; i++)
		if (job->waiters[i].done)
			job->waiters[i].done(job->waiters[i].data, result);
}

static void finish(int result, const char *why)
{
	struct job done = now;

	now = (struct job){0};
	if (result == 0) {
		info.is_written = true;
		info.bytes = done.bytes;
		info.sealed_us = done.sealed_us;
		info.error[0] = '\0';
		refused = (struct aet_state_disk_refused){0};
	} else {
		aet_log_error("the snapshot is not on disk: '%s': %s",
			aet_service.config->snapshot_file, why);
		(void)snprintf(info.error, sizeof(info.error), "%s", why);
	}
	tell(&done, result);
	begin();
}

static const char *describe(int result)
{
	if (result == -EBUSY)
		return "another process is writing this file";
	return strerror(-result);
}

static void on_written(void *data, int result)
{
	(void)data;
	finish(result, describe(result));
}

static void begin(void)
{
	const struct aet_state_set *set = aet_state_kept();
	struct aet_state_write what = {.set = set,
		.path = aet_service.config->snapshot_file,
		.fd = -1,
		.why = "",
		.refused = &refused,
		.done = on_written};
	const char *refusal;
	int result;

	if (next.count == 0 || now.count > 0)
		return;
	now = next;
	next = (struct job){0};
	now.bytes = set->bytes;
	now.sealed_us = set->sealed_us;
	refusal = set->count > 0 ? aet_state_file_refusal(set) : "it is gone";
	result = refusal ? -EINVAL : aet_state_writer_begin(&what);
	if (result < 0)
		finish(result, refusal ? refusal : describe(result));
}

void aet_snapshot_file_write(void (*done)(void *data, int result), void *data)
{
	if (!aet_service.config->snapshot_file) {
		if (done)
			done(data, 0);
		return;
	}
	if (next.count < WAITERS)
		next.waiters[next.count++] = (struct waiter){done, data};
	begin();
}

void aet_snapshot_file_flush(void)
{
	const struct aet_state_set *set = aet_state_kept();
	uint64_t last = now.count > 0 ? now.sealed_us : info.is_written ? info.sealed_us : 0;

	if (set->count > 0 && aet_service.config->snapshot_file && set->sealed_us != last)
		aet_snapshot_file_write(NULL, NULL);
}

const struct aet_snapshot_file_info *aet_snapshot_file_now(void)
{
	return &info;
}
