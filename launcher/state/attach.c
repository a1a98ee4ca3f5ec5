#include "state/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aeterna/module.h"
#include "base/loop.h"
#include "fd.h"
#include "msgio.h"
#include "process/generation.h"
#include "process/member.h"
#include "process/spawn.h"
#include "service/service.h"
#include "state/state_step.h"

#define PATIENCE_US 1000000u

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

static pid_t parent_of(pid_t pid)
{
	char path[32];
	char text[512] = "";
	int parent = 0;
	const char *end;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fread(text, 1, sizeof(text) - 1, file) > 0 && (end = strrchr(text, ')')))
		(void)sscanf(end + 1, " %*c %d", &parent);
	(void)fclose(file);
	return parent;
}

struct family {
	pid_t pid;
	bool has_child;
};

static void look_for_child(const struct aet_member *member, void *data)
{
	struct family *family = data;

	if (member->pid != family->pid && parent_of(member->pid) == family->pid)
		family->has_child = true;
}

static bool is_parent_of_workers(const struct aet_member *member)
{
	struct family family = {.pid = member->pid};

	aet_members_visit(member->generation, look_for_child, &family);
	return family.has_child;
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
