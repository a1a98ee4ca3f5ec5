#include "state/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "fd.h"
#include "service/fact.h"
#include "service/waiter.h"
#include "state/set_aside.h"
#include "state/state_file_read.h"
#include "state/state_set.h"
#include "state/state_writer.h"

static struct aet_state_set coming; /* being read */
static struct aet_state_set offered;
static struct aet_state_set chosen;

static void refuse(const char *reason, const char *text)
{
	char line[192];

	(void)snprintf(line, sizeof(line), "%s: %s", reason, text);
	aet_log_error("no restore: %s", line);
	aet_waiters_refuse(AET_WAITER_RESTORE, &(struct aet_answer){.exit_code = 1, .line = line});
}

static void offer(struct aet_state_set *set)
{
	aet_state_set_move(&offered, set);
	aet_fact_post(&(struct aet_fact){.kind = AET_FACT_RESTORE});
}

static void on_read(void *data, int result)
{
	(void)data;
	if (result == 0) {
		offer(&coming);
		return;
	}
	aet_state_set_clear(&coming);
	refuse(result == -EBADMSG ? "state_corrupt" : "no_memory",
		result == -EBADMSG ? "the checksum of its bytes is wrong" : strerror(-result));
}

static void read_file(int fd)
{
	struct aet_state_file_flaw flaw;
	struct aet_state_write what = {.set = &coming, .fd = fd, .reads = true, .done = on_read};
	int result = aet_state_file_lay_out(fd, &coming, &flaw);

	if (result < 0) {
		refuse(flaw.reason, flaw.text);
		return;
	}
	result = aet_state_writer_begin(&what);
	if (result == 0)
		return;
	aet_state_set_clear(&coming);
	refuse("no_memory", strerror(-result));
}

static void read_aside(const struct aet_set_aside *aside)
{
	struct aet_state_file_flaw flaw;
	char path[PATH_MAX];
	AET_CLOSE int fd = -1;

	if (!aet_set_aside_path(aside, path, sizeof(path))) {
		refuse("not_found", "snapshot_file has changed since it was set aside");
		return;
	}
	fd = aet_state_file_open(AT_FDCWD, path, &flaw);
	if (fd < 0)
		refuse(flaw.reason, flaw.text);
	else
		read_file(fd);
}

static void refuse_name(const char *name)
{
	const struct aet_set_aside *aside;
	char text[160];
	size_t used;

	if (name[0])
		(void)snprintf(text, sizeof(text),
			"no state is set aside as '%.24s', nor a file of "
			"this name: there is",
			name);
	else
		(void)snprintf(text, sizeof(text), "no state is kept: set aside is");
	for (unsigned i = 0; (aside = aet_set_aside_get(i)); i++) {
		used = strlen(text);
		(void)snprintf(
			text + used, sizeof(text) - used, "%s %s", i ? "," : "", aside->name);
	}
	used = strlen(text);
	if (!aet_set_aside_get(0))
		(void)snprintf(text + used, sizeof(text) - used, " none");
	refuse("not_found", text);
}

void aet_restore_offer(int fd, const char *name, const struct aet_state_set *kept)
{
	const struct aet_set_aside *aside = aet_set_aside_named(name);
	const struct aet_state_set *set = aside ? &aside->set : name[0] ? NULL : kept;

	if (coming.count > 0 || offered.count > 0) {
		refuse("busy", "another restore is in hand");
	} else if (fd >= 0) {
		read_file(fd);
	} else if (aside && aside->is_on_disk) {
		read_aside(aside);
	} else if (!set || set->count == 0) {
		refuse_name(name);
	} else if (aet_state_set_copy(&coming, set) < 0) {
		refuse("no_memory", "too many descriptors are open");
	} else {
		offer(&coming);
	}
}

bool aet_restore_choose(void)
{
	aet_restore_drop();
	if (offered.count == 0)
		return false;
	aet_state_set_move(&chosen, &offered);
	return true;
}

void aet_restore_offer_again(void)
{
	if (chosen.count > 0 && offered.count == 0)
		aet_state_set_move(&offered, &chosen);
}

struct aet_state_set *aet_restore_chosen(void)
{
	return chosen.count > 0 ? &chosen : NULL;
}

void aet_restore_drop(void)
{
	aet_state_set_clear(&chosen);
}
