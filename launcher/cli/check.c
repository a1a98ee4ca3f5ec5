/*
 * Runs the check: configuration, program, verdict, report.
 */
#include "cli/check.h"

#include "cli/check_report.h"
#include "cli/running.h"
#include "config/config_file.h"
#include "config/config_load.h"
#include "inspect/inspect_command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_USAGE          64
#define EXIT_CONFIG         78
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND      127

/* The PATH from service.env, or else the launcher's. */
static const char *path_of(const struct aet_config *config)
{
	for (char **env = config->env; *env; env++)
		if (strncmp(*env, "PATH=", 5) == 0)
			return *env + 5;
	return getenv("PATH");
}

/* The code with which the launcher would exit; 1: it could run the program but not supervise it. */
static int exit_code_of(const struct aet_config *config, const struct aet_program *program)
{
	switch (program->verdict) {
	case AET_PROGRAM_OK:
		return 0;
	case AET_PROGRAM_NOT_FOUND:
		return EXIT_NOT_FOUND;
	case AET_PROGRAM_NO_INTERPRETER: /* the program exists */
	case AET_PROGRAM_NOT_EXECUTABLE:
	case AET_PROGRAM_WRONG_ARCH:
		return EXIT_NOT_EXECUTABLE;
	case AET_PROGRAM_ASAN: /* it ends by itself */
		return 1;
	case AET_PROGRAM_ENVIRONMENT:
	case AET_PROGRAM_STATIC:
	case AET_PROGRAM_STATIC_GO:
	case AET_PROGRAM_GO:
	case AET_PROGRAM_SETUID:
	case AET_PROGRAM_CAPABILITIES:
	default:
		return config->listen[0] ? 0 : 1;
	}
}

static void print(const struct aet_options *options, const struct aet_check_report *report)
{
	if (options->json)
		(void)aet_check_report_print_json(stdout, report);
	else
		aet_check_report_print(stdout, report);
	(void)fflush(stdout);
	if (report->exit_code)
		(void)fprintf(stderr, "aeterna-launch: %s\n", report->problem);
}

static int fail(const struct aet_options *options, const struct aet_error *error, int exit_code)
{
	char line[AET_ERROR_TEXT + 512];
	struct aet_check_report report = {
		.exit_code = exit_code,
		.problem = line,
		.error_path = options->config_path ? options->config_path : "aeterna.yaml",
		.error = error,
	};

	(void)aet_config_error_format(options->config_path, error, line, sizeof(line));
	print(options, &report);
	return exit_code;
}

int aet_check_run(const struct aet_options *options)
{
	struct aet_check_report report = {.problem = ""};
	struct aet_running running;
	struct aet_config *config = NULL;
	struct aet_program program;
	struct aet_error error = {0};
	int r;

	r = aet_config_load(options->config_path, options->command, false, &config, &error);
	if (r < 0)
		return fail(options, &error, r == -ENODATA ? EXIT_USAGE : EXIT_CONFIG);

	aet_program_inspect_command(config, path_of(config), &program);
	report.config = config;
	report.program = &program;
	report.exit_code = exit_code_of(config, &program);
	if (report.exit_code)
		report.problem = aet_program_advice(&program);
	aet_check_report_add_notes(&report);
	aet_running_ask(options, &running);
	report.running = running.text;
	if (report.exit_code == 0 && running.exit_code != 0) {
		report.exit_code = running.exit_code;
		report.problem = running.problem;
	}
	print(options, &report);
	aet_running_free(&running);
	aet_config_free(config);
	return report.exit_code;
}
