#include "state/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "aeterna/module.h"
#include "base/loop.h"
#include "base/text_file.h"
#include "fd.h"
#include "msgio.h"
#include "process/generation.h"
#include "process/member.h"
#include "process/spawn.h"
#include "process/tree.h"
#include "service/service.h"
#include "state/state_step.h"

#define PATIENCE_US 1000000u
#define YOUNG_S     3

static uint32_t asked; /* the generation; 0: none */
static unsigned left; /* how many of it may get the hooks */
static uint64_t asked_us;

void aet_attach_ask(const struct aet_generation *generation, unsigned most)
{
	asked = generation->number;
	left = most;
	asked_us = aet_now_us();
	aet_members_ask_hooks(asked);
	aet_state_publish(AETERNA_STEP_ATTACH, asked);
}

void aet_attach_forget(void)
{
	asked = 0;
}

bool aet_attach_has_asked(const struct aet_generation *generation)
{
	return asked == generation->number;
}

static void look_for_silent(const struct aet_member *member, void *data)
{
	if (!member->was_asked && !member->dumps && !member->loads)
		*(bool *)data = true;
}

bool aet_attach_is_awaited(const struct aet_generation *generation)
{
	bool silent = false;

	if (asked != generation->number || aet_now_us() - asked_us > PATIENCE_US)
		return false;
	aet_members_visit(asked, look_for_silent, &silent);
	/* Another step may have taken the place of this one meanwhile. */
	if (silent && aet_step_kind(atomic_load(&aet_service.page->step)) != AETERNA_STEP_ATTACH)
		aet_state_publish(AETERNA_STEP_ATTACH, asked);
	else if (silent)
		aet_members_wake(asked);
	return silent;
}

struct family {
	pid_t pid;
	struct stat program;
	bool has_worker;
};

static bool is_child(const struct aet_tree_entry *entry, const void *data)
{
	return entry->parent == ((const struct family *)data)->pid;
}

static int stat_program(pid_t pid, struct stat *ret)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	return stat(path, ret);
}

/* A worker that boots still has not joined, and will have hooks of its own. */
static bool is_young(pid_t pid)
{
	struct timespec now;
	unsigned long long ticks;
	char path[32];
	char text[512];
	const char *end;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	(void)aet_text_file_read(path, text, sizeof(text));
	end = strrchr(text, ')');
	if (!end ||
		sscanf(end + 1,
			" %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
			"%*d %llu",
			&ticks) != 1)
		return false;
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (unsigned long long)now.tv_sec <
		ticks / (unsigned long long)sysconf(_SC_CLK_TCK) + YOUNG_S;
}

struct joined {
	pid_t pid;
	bool found;
};

static void look_for_pid(const struct aet_member *member, void *data)
{
	struct joined *joined = data;

	joined->found |= member->pid == joined->pid;
}

static bool has_joined(pid_t pid)
{
	struct joined joined = {.pid = pid};

	aet_members_visit(asked, look_for_pid, &joined);
	return joined.found;
}

static void look_at_child(pid_t pid, void *data)
{
	struct family *family = data;
	struct stat program;

	if (stat_program(pid, &program) == 0 && program.st_ino == family->program.st_ino &&
		program.st_dev == family->program.st_dev)
		family->has_worker |= has_joined(pid) || is_young(pid);
}

static bool is_parent_of_workers(const struct aet_member *member)
{
	struct family family = {.pid = member->pid};

	if (stat_program(member->pid, &family.program) == 0)
		(void)aet_tree_visit(is_child, &family, look_at_child, &family);
	return family.has_worker;
}

static bool may_attach(const struct aet_member *member)
{
	return member && member->generation == asked && left > 0 && !member->dumps &&
		!member->loads && !is_parent_of_workers(member);
}

static int open_script(void)
{
	char path[1100];
	char site[1024];

	if (!aet_spawn_find_site(site, sizeof(site)))
		return -ENOENT;
	(void)snprintf(path, sizeof(path), "%s/attach.py", site);
	return open(path, O_RDONLY | O_CLOEXEC);
}

void aet_attach_answer(int fd, const struct aet_message *request)
{
	const struct aet_attach *question = AET_MESSAGE_BODY(request, AET_MSG_ATTACH, aet_attach);
	struct aet_attach_reply reply = {0};
	AET_CLOSE int script = -1;

	if (may_attach(aet_member_of_slot(question->slot)))
		script = open_script();
	if (script >= 0) {
		reply.granted = 1;
		left--;
	}
	aet_header_init(&reply.header, AET_MSG_ATTACH | AET_WIRE_REPLY, request->header.serial, 0);
	(void)aet_message_send(
		fd, &reply, sizeof(reply), &script, script >= 0 ? 1 : 0, MSG_DONTWAIT);
}
