#include "inspect/inspect_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wrapper.h"
#include "config/config.h"
#include "inspect/inspect.h"
#include "inspect/inspect_advice.h"

static bool can_run(const struct aet_program *program)
{
	return program->verdict == AET_PROGRAM_OK || program->verdict >= AET_PROGRAM_STATIC;
}

/* A variable of the program; NULL: it is not set. */
static const char *variable(const struct aet_config *config, const char *name)
{
	size_t length = strlen(name);

	for (char **env = config->env; env && *env; env++)
		if (strncmp(*env, name, length) == 0 && (*env)[length] == '=')
			return *env + length + 1;
	return getenv(name);
}

static bool asan_is_content(const struct aet_config *config)
{
	const char *preload = variable(config, "LD_PRELOAD");
	const char *options = variable(config, "ASAN_OPTIONS");

	return (preload && strstr(preload, "asan")) ||
		(options && strstr(options, "verify_asan_link_order=0"));
}

/* Tools of a project look into its own directory first. */
static void look_inside(const struct aet_config *config, const struct aet_wrapped *wrapped,
	const char *path_env, struct aet_program *inner)
{
	char place[256];
	const char *path = wrapped->path ? wrapped->path : path_env;

	if (wrapped->places && !strchr(wrapped->argv[0], '/')) {
		(void)snprintf(place, sizeof(place), "%s/%s", wrapped->places, wrapped->argv[0]);
		(void)aet_program_inspect(place, path, config->directory, inner);
		if (can_run(inner))
			return;
	}
	(void)aet_program_inspect(wrapped->argv[0], path, config->directory, inner);
}

static void judge_environment(const struct aet_config *config, const struct aet_wrapped *wrapped,
	struct aet_program *program)
{
	if (program->verdict != AET_PROGRAM_OK)
		return;
	if (wrapped->clears || wrapped->replaces) {
		program->verdict = AET_PROGRAM_ENVIRONMENT;
		aet_advise_environment(program, wrapped->clears, wrapped->replaces);
	} else if (program->elf.needs_asan && !asan_is_content(config)) {
		program->verdict = AET_PROGRAM_ASAN;
		aet_advise_verdict(program);
	}
}

void aet_program_inspect_command(
	const struct aet_config *config, const char *path_env, struct aet_program *ret_program)
{
	static struct aet_program inner; /* large, and the launcher has one thread */
	static struct aet_wrapped wrapped;

	aet_wrapper_follow(config->command, &wrapped);
	(void)aet_program_inspect(config->command[0], path_env, config->directory, ret_program);
	if (wrapped.depth == 0 || !wrapped.argv[0] || !can_run(ret_program)) {
		judge_environment(config, &wrapped, ret_program);
		return;
	}
	look_inside(config, &wrapped, path_env, &inner);
	if (can_run(&inner) || !wrapped.is_guess) {
		*ret_program = inner;
	} else {
		ret_program->verdict = AET_PROGRAM_OK; /* its shell may know more of it */
		ret_program->advice[0] = '\0';
	}
	(void)snprintf(ret_program->wrapper, sizeof(ret_program->wrapper), "%s",
		aet_wrapper_base(config->command[0]));
	ret_program->is_exclusive = wrapped.is_exclusive;
	judge_environment(config, &wrapped, ret_program);
}
