#include "swap/precheck.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config_file.h"
#include "config/config_load.h"
#include "inspect/inspect_command.h"
#include "inspect/known_program.h"
#include "process/member.h"
#include "process/proc_signals.h"
#include "process/spawn.h"
#include "state/state.h"
#include "service/service.h"
#include "swap/drain.h"
#include "swap/outside.h"
#include "swap/swap.h"
#include "swap/too_many.h"
#include "base/text_file.h"

static const char *given_path;
static char *const *given_command;

void aet_precheck_setup(const char *config_path, char *const *command)
{
	given_path = config_path;
	given_command = command;
}

static int fail(struct aet_precheck *check, const char *reason, const char *detail)
{
	check->reason = reason;
	(void)snprintf(check->detail, sizeof(check->detail), "%s", detail);
	return -EINVAL;
}

static int look_at_program(const struct aet_config *config, struct aet_precheck *check)
{
	struct aet_program program;
	const struct aet_known_program *known;

	aet_program_inspect_command(config, aet_spawn_path(config), &program);
	known = aet_known_program_find(program.path);
	check->is_exclusive = program.is_exclusive || (known && known->is_exclusive);
	switch (program.verdict) {
	case AET_PROGRAM_OK:
		check->has_hooks = program.elf.dump_hook == AET_ELF_HOOK_EXPORTED ||
			program.elf.load_hook == AET_ELF_HOOK_EXPORTED;
		return 0;
	case AET_PROGRAM_NOT_FOUND:
		return fail(check, "not_found", aet_program_advice(&program));
	case AET_PROGRAM_NOT_EXECUTABLE:
	case AET_PROGRAM_NO_INTERPRETER:
	case AET_PROGRAM_WRONG_ARCH:
		return fail(check, "not_executable", aet_program_advice(&program));
	default:
		break;
	}
	if (aet_program_needs_listen(&program) && config->listen && config->listen[0]) {
		check->is_static = true;
		return 0;
	}
	return fail(check, "not_interposable", aet_program_advice(&program));
}

static int count_filters(int pid)
{
	char path[64];
	char text[4096];
	uint64_t filters = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	(void)aet_text_file_read(path, text, sizeof(text));
	if (!aet_text_number(text, "Seccomp_filters:", &filters))
		(void)aet_text_number(text, "Seccomp:", &filters); /* before 5.9: the mode alone */
	return (int)filters;
}

struct sandbox {
	int own;
	int pid;
};

static void look_for_filter(const struct aet_member *member, void *data)
{
	struct sandbox *sandbox = data;

	if (sandbox->pid == 0 && count_filters(member->pid) > sandbox->own)
		sandbox->pid = member->pid;
}

int aet_precheck_sandbox(const struct aet_generation *generation, char *ret_detail, size_t size)
{
	struct sandbox sandbox = {.own = count_filters((int)getpid())};

	aet_members_visit(generation->number, look_for_filter, &sandbox);
	if (sandbox.pid == 0)
		return 0;
	(void)snprintf(ret_detail, size,
		"process %d has a seccomp filter of its own: it cannot be gated safely; restart it "
		"or configure its sandbox off",
		sandbox.pid);
	return -EPERM;
}

/* It was started all the same: it serves, but cannot be swapped. A static one needs no signal, and may
 * run others that take part. */
static bool can_take_part(const struct aet_generation *serving, struct aet_precheck *check)
{
	if (serving->pid <= 0 || serving->is_static || aet_members_any(serving->number) ||
		!aet_proc_signals_are_taken(serving->pid))
		return true;
	(void)snprintf(check->detail, sizeof(check->detail),
		"process %d handles every real-time signal, and the library needs one from 36 to "
		"62: leave one alone",
		(int)serving->pid);
	check->reason = "not_interposable";
	return false;
}

/* What the program that serves would make of a swap. */
static int look_at_serving(struct aet_generation *serving, const struct aet_config *config,
	struct aet_precheck *ret_check)
{
	char *detail = ret_check->detail;
	size_t size = sizeof(ret_check->detail);

	if (aet_precheck_sandbox(serving, detail, size) < 0) {
		ret_check->reason = "sandboxed";
		return -EPERM;
	}
	if (!can_take_part(serving, ret_check))
		return -EPERM;
	if (aet_too_many_check(serving->number, detail, size) < 0) {
		ret_check->reason = "too_many_listeners";
		return -ENOSPC;
	}
	if (config->overlap && aet_outside_refuses(serving, config, detail, size)) {
		ret_check->reason = "not_interposable";
		return -EPERM;
	}
	if (aet_drain_would_lose() != 0) {
		(void)snprintf(detail, size,
			"generation %u still answers, and %d older generations are the most: what "
			"it writes would be lost",
			aet_drain_would_lose(), AET_DRAINING_MAX);
		ret_check->reason = "busy";
		return -EBUSY;
	}
	return 0;
}

int aet_precheck_swap(struct aet_precheck *ret_check)
{
	struct aet_error error;
	struct aet_config *config = NULL;
	int result;

	*ret_check = (struct aet_precheck){0};
	if (aet_config_load(given_path, given_command, false, &config, &error) < 0) {
		ret_check->reason = "bad_config";
		(void)aet_config_error_format(given_path ? given_path : "aeterna.yaml", &error,
			ret_check->detail, sizeof(ret_check->detail));
		return -EINVAL;
	}
	if (look_at_program(config, ret_check) < 0) {
		aet_config_free(config);
		return -EINVAL;
	}
	result = aet_swap.serving ? look_at_serving(aet_swap.serving, config, ret_check) : 0;
	if (result < 0) {
		aet_config_free(config);
		return result;
	}
	aet_swap.next_config = config;
	aet_service.has_state = ret_check->has_hooks ||
		(aet_swap.serving && aet_state_dumpers(aet_swap.serving) > 0);
	return 0;
}

int aet_precheck_restart(struct aet_precheck *ret_check)
{
	int result;

	*ret_check = (struct aet_precheck){0};
	result = look_at_program(aet_service.config, ret_check);
	aet_service.has_state = aet_service.has_state || ret_check->has_hooks;
	return result;
}
