#include "swap/beside.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/text_file.h"
#include "process/generation.h"
#include "process/member.h"
#include "service/service.h"
#include "swap/phase_word.h"
#include "swap/swap.h"

#define PATIENCE_MS 100 /* since the dump began; a process that never waits runs on, and is named */
#define NAMED_MAX   4

static uint64_t until_ms;
static uint64_t word; /* under which it dumps */

void aet_beside_begin(void)
{
	word = aet_phase_now();
	until_ms = aet_now_ms() + PATIENCE_MS;
	atomic_store(&aet_service.page->standing, 0);
}

static bool runs(const struct aet_member *member)
{
	return !member->dumps && member->stands != word;
}

static void look(const struct aet_member *member, void *data)
{
	if (runs(member))
		*(bool *)data = true;
}

bool aet_beside_is_awaited(void)
{
	bool any = false;

	if (aet_swap.goal == AET_GOAL_COMMIT &&
		atomic_load(&aet_service.page->frozen) == aet_swap.serving->number &&
		aet_now_ms() < until_ms)
		aet_members_visit(aet_swap.serving->number, look, &any);
	return any;
}

struct names {
	const struct aet_generation *of;
	char text[160];
	size_t used;
	unsigned count;
};

static void look_for(const struct aet_member *member, void *data)
{
	if (member->pid == *(const pid_t *)data && !runs(member))
		*(pid_t *)data = 0;
}

static void name_one(pid_t pid, void *data)
{
	struct names *names = data;
	char path[32];
	char name[32];
	pid_t running = pid;
	size_t length;

	aet_members_visit(names->of->number, look_for, &running);
	if (running == 0 || names->count++ >= NAMED_MAX)
		return;
	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	length = aet_text_file_read(path, name, sizeof(name));
	while (length > 0 && name[length - 1] == '\n')
		length--;
	names->used +=
		(size_t)snprintf(names->text + names->used, sizeof(names->text) - names->used,
			"%s%d (%.*s)", names->used ? ", " : "", (int)pid, (int)length, name);
}

void aet_beside_tell(const struct aet_generation *old)
{
	struct names names = {.of = old};

	(void)aet_generation_visit(old, name_one, &names);
	if (names.count > 0)
		aet_log_info("of generation %u, %u processes run on beside the frozen ones: %s%s",
			old->number, names.count, names.text,
			names.count > NAMED_MAX ? ", ..." : "");
}
