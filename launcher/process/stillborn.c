#include "process/stillborn.h"

#include <ctype.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/loop.h"
#include "base/text_file.h"
#include "process/generation.h"
#include "process/member.h"
#include "process/tree.h"
#include "util.h"

#define LOOK_MS       50
#define LOOK_SHARE    50 /* of the time at most one part in so many goes into looking */
#define CHILDREN_MAX  128
#define KINDS_MAX     32
#define IN_A_ROW      3
#define WAITS_MS      4000 /* that long nothing happens in a supervisor that waits */
#define IDLE_PER_CENT 10 /* of one processor: it looks at files meanwhile */

/* Children of one parent that run the same command. */
struct kind {
	pid_t parent;
	uint64_t command; /* a hash */
	unsigned alive;
	unsigned deaths; /* since one of them wanted a listener */
	unsigned again; /* ... of those born after a death */
};

struct child {
	pid_t pid; /* 0: free */
	struct kind *kind; /* NULL: it runs something else than workers do */
	bool is_late; /* born after another has died */
	bool seen; /* in the look that goes on */
};

/* The generation that serves. */
static struct {
	uint32_t number;
	pid_t first;
	uint64_t programs[8]; /* what those run that take connections for it; 0: nothing more */
	unsigned deaths; /* in a row before it was ready */
} model;

static struct {
	bool compares; /* with the model */
	uint64_t due_ms;
	uint64_t quiet_ms; /* since then no child was born or has died */
	unsigned long quiet_ticks; /* of processor time, at that moment */
	unsigned long ticks; /* now */
	bool has_died;
	struct child children[CHILDREN_MAX];
	struct kind kinds[KINDS_MAX];
	unsigned kind_count;
	unsigned deaths;
	unsigned most; /* deaths in a row */
} watch;

/* FNV-1a, without digits: descriptors, numbers of workers and versions differ. */
static uint64_t hash_of(const char *text, size_t length)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < length; i++)
		if (!isdigit((unsigned char)text[i]))
			hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
	return hash;
}

/* The last part of the path; 0: it cannot be read. */
static uint64_t program_of(pid_t pid)
{
	char path[32];
	char target[512];
	ssize_t length;
	const char *slash;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	length = readlink(path, target, sizeof(target) - 1);
	if (length <= 0)
		return 0;
	target[length] = '\0';
	slash = strrchr(target, '/');
	return slash ? hash_of(slash, strcspn(slash, " ")) : 0;
}

static uint64_t command_of(pid_t pid)
{
	char path[32];
	char text[1024];

	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	return hash_of(text, aet_text_file_read(path, text, sizeof(text)));
}

static void learn_worker(const struct aet_member *member, void *data)
{
	bool is_worker = member->order > 0 && member->pid != model.first;
	uint64_t program = is_worker ? program_of(member->pid) : 0;

	(void)data;
	for (size_t i = 0; program != 0 && i < AET_ARRAY_SIZE(model.programs); i++) {
		if (model.programs[i] == program)
			return;
		if (model.programs[i] == 0) {
			model.programs[i] = program;
			return;
		}
	}
}

static void learn(const struct aet_generation *serving)
{
	if (model.number != serving->number) {
		memset(&model, 0, sizeof(model));
		model.number = serving->number;
		model.first = serving->pid;
	}
	aet_members_visit(serving->number, learn_worker, NULL);
}

void aet_stillborn_begin(const struct aet_generation *serving)
{
	memset(&watch, 0, sizeof(watch));
	if (!serving)
		return;
	learn(serving);
	watch.compares = model.programs[0] != 0;
}

void aet_stillborn_serves(const struct aet_generation *serving)
{
	unsigned deaths = watch.most;

	learn(serving);
	model.deaths = deaths;
}

/* Without a model, every program counts. */
static bool is_a_workers(uint64_t program)
{
	for (size_t i = 0; i < AET_ARRAY_SIZE(model.programs); i++)
		if (program != 0 && model.programs[i] == program)
			return true;
	return !watch.compares;
}

static struct kind *kind_of(pid_t parent, uint64_t command)
{
	for (unsigned i = 0; i < watch.kind_count; i++)
		if (watch.kinds[i].parent == parent && watch.kinds[i].command == command)
			return &watch.kinds[i];
	if (watch.kind_count == KINDS_MAX)
		return NULL;
	watch.kinds[watch.kind_count] = (struct kind){.parent = parent, .command = command};
	return &watch.kinds[watch.kind_count++];
}

static void note_change(void)
{
	watch.quiet_ms = aet_now_ms();
	watch.quiet_ticks = watch.ticks;
}

static void add_child(pid_t pid, pid_t parent)
{
	struct kind *kind = is_a_workers(program_of(pid)) ? kind_of(parent, command_of(pid)) : NULL;

	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		if (watch.children[i].pid != 0)
			continue;
		watch.children[i] = (struct child){
			.pid = pid, .kind = kind, .is_late = watch.has_died, .seen = true};
		note_change();
		break;
	}
	if (kind) {
		kind->alive++;
		kind->again += kind->deaths > 0;
	}
}

static void see(const struct aet_tree_entry *entry, void *data)
{
	const struct aet_generation *starting = data;

	watch.ticks += entry->ticks;
	if (entry->pid == starting->pid)
		return;
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		if (watch.children[i].pid == entry->pid) {
			watch.children[i].seen = true;
			return;
		}
	}
	add_child(entry->pid, entry->parent);
}

/* Who wants a listener serves: what died before has been no sign. A supervisor may want one for
 * itself, to be asked for its health. */
static void forgive(const struct aet_member *member, void *data)
{
	const struct aet_generation *starting = data;

	if (member->order == 0 || member->pid == starting->pid)
		return;
	for (unsigned i = 0; i < watch.kind_count; i++)
		watch.kinds[i].deaths = watch.kinds[i].again = 0;
	watch.has_died = false;
}

/* A process may have moved to another parent meanwhile. */
static bool is_alive(pid_t pid)
{
	return kill(pid, 0) == 0 && !aet_tree_is_ending(pid);
}

static void count_deaths(void)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		struct child *child = &watch.children[i];

		bool lives = child->seen || (child->pid != 0 && is_alive(child->pid));

		child->seen = false;
		if (child->pid == 0 || lives)
			continue;
		child->pid = 0;
		note_change();
		if (!child->kind)
			continue;
		child->kind->alive--;
		child->kind->deaths++;
		watch.most = AET_MAX(watch.most, child->kind->deaths);
		watch.has_died = true;
	}
}

static bool respawns(void)
{
	for (unsigned i = 0; i < watch.kind_count; i++) {
		const struct kind *kind = &watch.kinds[i];

		if (kind->deaths < IN_A_ROW || kind->deaths <= 2 * model.deaths ||
			kind->again + 1 < IN_A_ROW)
			continue;
		watch.deaths = kind->deaths;
		return true;
	}
	return false;
}

/* Nobody of the kind that died is left, nobody has come since, and those who are left do next to
 * nothing. */
static bool waits(void)
{
	uint64_t quiet_ms = aet_now_ms() - watch.quiet_ms;
	unsigned long most = (unsigned long)(quiet_ms * (uint64_t)sysconf(_SC_CLK_TCK) / 1000) *
		IDLE_PER_CENT / 100;
	bool died_out = false;

	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (watch.children[i].pid != 0 && watch.children[i].is_late)
			return false;
	if (!watch.has_died || quiet_ms < WAITS_MS || watch.ticks > watch.quiet_ticks + most)
		return false;
	for (unsigned i = 0; i < watch.kind_count; i++) {
		const struct kind *kind = &watch.kinds[i];

		if (kind->deaths == 0 || kind->alive > 0)
			continue;
		died_out = true;
		watch.deaths = kind->deaths;
	}
	return died_out;
}

enum aet_stillborn aet_stillborn_look(const struct aet_generation *starting)
{
	uint64_t begun_us = aet_now_us();
	uint64_t rest_ms;

	if (aet_now_ms() < watch.due_ms || !starting->running)
		return AET_STILLBORN_NO;
	watch.ticks = 0;
	aet_tree_descend(starting->pid, see, (void *)starting);
	count_deaths();
	aet_members_visit(starting->number, forgive, (void *)starting);
	rest_ms = (aet_now_us() - begun_us) * LOOK_SHARE / 1000;
	watch.due_ms = aet_now_ms() + AET_MAX(rest_ms, (uint64_t)LOOK_MS);
	if (!watch.compares)
		return AET_STILLBORN_NO;
	return respawns() ? AET_STILLBORN_RESPAWNS
		: waits() ? AET_STILLBORN_WAITS
			  : AET_STILLBORN_NO;
}

unsigned aet_stillborn_deaths(void)
{
	return watch.deaths;
}
