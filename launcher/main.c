/*
 * One binary for every verb: parses the command line and runs the verb.
 */
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/standard_fds.h"
#include "cli/check.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/options.h"
#include "config/config_file.h"
#include "config/config_load.h"
#include "supervisor.h"

#define EXIT_USAGE  64
#define EXIT_CONFIG 78

static int run(const struct aet_options *options)
{
	struct aet_config *config = NULL;
	struct aet_error error = {0};
	int result =
		aet_config_load(options->config_path, options->command, false, &config, &error);

	if (result < 0) {
		char line[AET_LOG_LINE_MAX];

		aet_log_error("%s",
			aet_config_error_format(options->config_path, &error, line, sizeof(line)));
		return result == -ENODATA ? EXIT_USAGE : EXIT_CONFIG;
	}
	return aet_supervisor_run(config, options);
}

int main(int argc, char **argv)
{
	struct aet_options options;
	struct aet_error error = {0};

	if (aet_standard_fds_open() < 0)
		return 1;
	if (aet_options_parse(argc, argv, &options, &error) < 0) {
		(void)fprintf(stderr, "aeterna-launch: %s\n", error.text);
		return EXIT_USAGE;
	}
	aet_log_setup(options.verbose, options.log_format);
	switch (options.verb) {
	case AET_VERB_RELOAD:
	case AET_VERB_STATUS:
	case AET_VERB_SNAPSHOT:
	case AET_VERB_RESTORE:
	case AET_VERB_STOP:
		return aet_command_run(&options);
	case AET_VERB_CHECK:
		return options.dry_run ? aet_command_run(&options) : aet_check_run(&options);
	case AET_VERB_HELP:
		return aet_help_print(stdout, options.help_for) < 0;
	case AET_VERB_VERSION:
		return aet_help_print_version(stdout) < 0;
	case AET_VERB_RUN:
	default:
		return run(&options);
	}
}
